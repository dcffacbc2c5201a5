/** Ranges of keys, as callers give them and as the store takes them. */
import {
  ArgumentTypeError,
  checkTimestamp,
  compareBytes,
  copyBytes,
  prefixEnd,
  type KeyBounds,
} from '@htkv/state';
import type { KeyRange } from '@htkv/storage';

import { keyBytes, type BytesLike } from './key-bytes.ts';
import { checkKnownOptions, shown } from './known-options.ts';

/**
 * Keys that satisfy all that is given: bounds and prefix intersect. Where both bounds of a side are given, both
 * hold. Nothing given means every key.
 */
export interface RangeOptions {
  readonly gt?: BytesLike | undefined;
  readonly gte?: BytesLike | undefined;
  readonly lt?: BytesLike | undefined;
  readonly lte?: BytesLike | undefined;
  readonly prefix?: BytesLike | undefined;
  /** From the last key to the first. */
  readonly reverse?: boolean | undefined;
  /** At most so many entries. */
  readonly limit?: number | undefined;
  /** Ends an iteration that goes on when it is aborted: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A range that was checked. `isEmpty` if its bounds leave no room for any key. */
export interface CheckedRange {
  readonly keys: KeyRange;
  readonly reverse: boolean;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  readonly isEmpty: boolean;
}

interface Bound {
  readonly key: Uint8Array;
  readonly inclusive: boolean;
}

const NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'signal'];

/** Throws a `TypeError` or `RangeError` for anything that is no range. Bounds that exclude each other are no error. */
export function checkRange(range: RangeOptions = {}): CheckedRange {
  checkKnownOptions(range, NAMES, 'the range');
  if (range.reverse !== undefined && typeof range.reverse !== 'boolean') {
    throw new ArgumentTypeError(`expected reverse to be a boolean, got ${shown(range.reverse)}`);
  }
  if (range.limit !== undefined && range.limit !== Number.POSITIVE_INFINITY)
    checkTimestamp(range.limit, 'limit');
  if (range.signal !== undefined && !(range.signal instanceof AbortSignal)) {
    throw new ArgumentTypeError(`expected signal to be an AbortSignal, got ${shown(range.signal)}`);
  }
  const lowers = [bound(range.gt, 'gt', false), bound(range.gte, 'gte', true)];
  const uppers = [bound(range.lt, 'lt', false), bound(range.lte, 'lte', true)];
  if (range.prefix !== undefined) {
    const prefix = copyBytes(keyBytes(range.prefix, 'prefix'));
    lowers.push({ key: prefix, inclusive: true });
    const end = prefixEnd(prefix);
    if (end !== undefined) uppers.push({ key: end, inclusive: false });
  }
  const lower = lowers.reduce((left, right) => tighter(left, right, 1), undefined);
  const upper = uppers.reduce((left, right) => tighter(left, right, -1), undefined);
  return {
    keys: {
      lower: lower?.key,
      lowerInclusive: lower?.inclusive ?? true,
      upper: upper?.key,
      upperInclusive: upper?.inclusive ?? true,
    },
    reverse: range.reverse ?? false,
    limit: range.limit ?? Number.POSITIVE_INFINITY,
    signal: range.signal,
    isEmpty: excludeEachOther(lower, upper),
  };
}

/** The part of a checked range that lies behind `key` in the range's direction. */
export function rangeBehind(range: CheckedRange, key: Uint8Array): KeyRange {
  if (range.reverse) return { ...range.keys, upper: key, upperInclusive: false };
  return { ...range.keys, lower: key, lowerInclusive: false };
}

/** A range of the store, as callers write it. Bytes are shared. */
export function boundsOf({ lower, lowerInclusive, upper, upperInclusive }: KeyRange): KeyBounds {
  return {
    ...(lower === undefined ? {} : { [lowerInclusive ? 'gte' : 'gt']: lower }),
    ...(upper === undefined ? {} : { [upperInclusive ? 'lte' : 'lt']: upper }),
  };
}

function bound(key: BytesLike | undefined, name: string, inclusive: boolean): Bound | undefined {
  return key === undefined ? undefined : { key: copyBytes(keyBytes(key, name)), inclusive };
}

/** The bound that leaves fewer keys: the greater of two lower ones (`side` 1), the lesser of two upper ones (-1). */
function tighter(left: Bound | undefined, right: Bound | undefined, side: 1 | -1): Bound | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const order = compareBytes(left.key, right.key) * side;
  if (order === 0) return left.inclusive ? right : left;
  return order > 0 ? left : right;
}

function excludeEachOther(lower: Bound | undefined, upper: Bound | undefined): boolean {
  if (lower === undefined || upper === undefined) return false;
  const order = compareBytes(lower.key, upper.key);
  return order > 0 || (order === 0 && !(lower.inclusive && upper.inclusive));
}
