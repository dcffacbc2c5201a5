/**
 * Counters: entries whose value is a whole number in decimal digits, as text. `-7`, `0` and `1234` are counters; `+7`,
 * `007`, `-0` and `1.5` are none. The number is a safe integer, between -(2^53 - 1) and 2^53 - 1.
 */
import { ArgumentRangeError, ArgumentTypeError, CodedError } from '@htkv/state';

import { textBytes } from '../key-bytes.ts';

/** Digits of the longest counter, and its sign. */
const COUNTER_BYTES_MAX = 17;
const COUNTER = /^(?:0|-?[1-9][0-9]*)$/;

const decoder = new TextDecoder('latin1');

/** The number that `value` stands for. Throws `ENGINE_NOT_A_COUNTER`. */
export function decodeCounter(value: Uint8Array): number {
  const text = value.length > COUNTER_BYTES_MAX ? '' : decoder.decode(value);
  const count = COUNTER.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new CodedError('ENGINE_NOT_A_COUNTER', 'expected the value to be a whole number in decimal digits');
}

export function encodeCounter(count: number): Uint8Array {
  return textBytes(String(count));
}

/** `count + by`. Throws `ENGINE_COUNTER_RANGE` where that is no safe integer. */
export function addToCounter(count: number, by: number): number {
  const sum = count + by;
  if (Number.isSafeInteger(sum)) return sum === 0 ? 0 : sum;
  throw new CodedError('ENGINE_COUNTER_RANGE', 'expected the sum to be a safe integer');
}

/** Throws a `TypeError` or `RangeError` unless `by` is a safe integer. */
export function checkIncrement(by: unknown): asserts by is number {
  if (typeof by !== 'number') throw new ArgumentTypeError(`expected by to be a number, got a ${typeof by}`);
  if (!Number.isSafeInteger(by)) throw new ArgumentRangeError(`expected by to be a safe integer, got ${by}`);
}
