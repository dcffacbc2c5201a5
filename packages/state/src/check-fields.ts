/**
 * The checks of single things in commands: keys, values, versions and times. Messages never contain a key or a value.
 */
import { ArgumentRangeError, ArgumentTypeError } from '@htkv/base';

import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './command.ts';

/** Throws unless `key` is a `Uint8Array` of at most {@link KEY_BYTES_MAX} bytes. `name` is what messages call it. */
export function checkKey(key: unknown, name = 'key'): asserts key is Uint8Array {
  if (!isBytes(key)) throw new ArgumentTypeError(`expected ${name} to be a Uint8Array, got ${received(key)}`);
  if (key.length > KEY_BYTES_MAX) {
    throw new ArgumentRangeError(
      `expected ${name} to have at most ${KEY_BYTES_MAX} bytes, got ${key.length}`,
    );
  }
}

/** Throws unless `value` is a `Uint8Array` of at most {@link VALUE_BYTES_MAX} bytes. */
export function checkValue(value: unknown, name = 'value'): asserts value is Uint8Array {
  if (!isBytes(value))
    throw new ArgumentTypeError(`expected ${name} to be a Uint8Array, got ${received(value)}`);
  if (value.length > VALUE_BYTES_MAX) {
    throw new ArgumentRangeError(
      `expected ${name} to have at most ${VALUE_BYTES_MAX} bytes, got ${value.length}`,
    );
  }
}

/** Throws unless `version` is a safe integer from 1. */
export function checkVersion(version: unknown, name = 'version'): asserts version is number {
  checkInteger(version, 1, name);
}

/** Throws unless `timestamp` is a safe integer from 0: milliseconds since the epoch, `expiresAt` included. */
export function checkTimestamp(timestamp: unknown, name = 'timestamp'): asserts timestamp is number {
  checkInteger(timestamp, 0, name);
}

function checkInteger(candidate: unknown, least: number, name: string): void {
  if (typeof candidate !== 'number') {
    throw new ArgumentTypeError(`expected ${name} to be a number, got ${received(candidate)}`);
  }
  if (Number.isSafeInteger(candidate) && candidate >= least) return;
  throw new ArgumentRangeError(`expected ${name} to be a safe integer from ${least}, got ${candidate}`);
}

/** Also true for arrays of another realm, which `instanceof` does not recognise. */
function isBytes(candidate: unknown): candidate is Uint8Array {
  return (
    candidate instanceof Uint8Array || Object.prototype.toString.call(candidate) === '[object Uint8Array]'
  );
}

/** The kind of what was received, never its content: it could be a key or a value in the wrong place. */
export function received(candidate: unknown): string {
  if (candidate === undefined || candidate === null) return String(candidate);
  if (Array.isArray(candidate)) return 'an array';
  return typeof candidate === 'object' ? 'an object' : `a ${typeof candidate}`;
}
