/** The arguments of the calls that change what they have read. */
import { ArgumentTypeError, checkTimestamp, type Entry } from '@htkv/state';

import { checkKnownOptions } from '../known-options.ts';
import { valueBytes, type BytesLike } from '../key-bytes.ts';
import { checkDurability } from '../store-config.ts';
import { deadlineAfter, type DurabilityOption } from '../write-options.ts';

export interface DeadlineOptions extends DurabilityOption {
  /** Milliseconds since the epoch from which on the entry is invisible. */
  readonly expiresAt?: number | undefined;
  /** Milliseconds until the entry is invisible; instead of `expiresAt`. */
  readonly ttl?: number | undefined;
}

/** The new value of a key that is present, or what makes it from the old one, perhaps more than once. */
export type ValueChange = BytesLike | ((entry: Entry) => BytesLike);

/** The deadline that options give; undefined for none. Throws a `TypeError` or `RangeError`. */
export function deadlineOf(options: DeadlineOptions, now: () => number): number | undefined {
  checkKnownOptions(options, ['durability', 'expiresAt', 'ttl'], 'options');
  const { durability, expiresAt, ttl } = options;
  if (durability !== undefined) checkDurability(durability);
  if (expiresAt !== undefined) checkTimestamp(expiresAt, 'expiresAt');
  if (ttl === undefined) return expiresAt;
  checkTimestamp(ttl, 'ttl');
  if (expiresAt !== undefined) throw new ArgumentTypeError('expected ttl or expiresAt, got both');
  return deadlineAfter(now(), ttl);
}

/** The change as a function of the entry to bytes. Throws a `TypeError` or `RangeError`. */
export function changeOf(change: ValueChange): (entry: Entry) => Uint8Array {
  if (typeof change === 'function') return (entry) => valueBytes(change(entry));
  const value = valueBytes(change);
  return () => value;
}
