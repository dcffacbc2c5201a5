/**
 * Checks of what a constructor is given. Success is the short path; messages are built on failure only and never
 * show a value that could be a secret.
 */

import { ArgumentRangeError, ArgumentTypeError } from '@htkv/base';

/** Throws a `TypeError` unless `options` is an object with no other properties than `known`. */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentTypeError(`expected options as an object, got ${kindOf(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new ArgumentTypeError(`expected one of the options ${known.join(', ')}, got ${name}`);
    }
  }
}

/** Returns `value`, or throws a `TypeError` or `RangeError` unless it is an integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') {
    throw new ArgumentTypeError(`expected ${name} as a number, got ${kindOf(value)}`);
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ArgumentRangeError(`expected ${name} as an integer from ${min} to ${max}, got ${value}`);
  }
  return value;
}

/** Throws a `TypeError` unless `value` is a `Uint8Array`. */
export function checkBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) {
    throw new ArgumentTypeError(`expected ${name} as a Uint8Array, got ${kindOf(value)}`);
  }
}

/** The kind of a value in a word, without its content. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
