/** A range of keys; a bound that is `undefined` does not bound. */
import { compareBytes } from '@htkv/base';

export interface KeyRange {
  readonly lower: Uint8Array | undefined;
  readonly lowerInclusive: boolean;
  readonly upper: Uint8Array | undefined;
  readonly upperInclusive: boolean;
}

/** Whether the bounds leave no room for any key. */
export function isEmptyRange({ lower, lowerInclusive, upper, upperInclusive }: KeyRange): boolean {
  if (lower === undefined || upper === undefined) return false;
  const order = compareBytes(lower, upper);
  return order > 0 || (order === 0 && !(lowerInclusive && upperInclusive));
}
