/**
 * The PHC string format: how a password hash is written with everything that is needed to check it,
 * `$id$v=version$name=value,name=value$salt$hash`.
 *
 * Only the canonical writing of a string is taken, so decoding and encoding are inverse to each other. Nothing here
 * knows an algorithm, and no error shows the string.
 */

import { ArgumentTypeError, CodedError } from '@htkv/base';
import { kindOf } from './check-options.ts';

/** Longest string that is looked at, in characters. */
const lengthMax = 512;

export interface PhcString {
  readonly id: string;
  readonly version?: number | undefined;
  /** In the order of the string. Values are not interpreted. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const form =
  /^\$([a-z0-9-]{1,32})(?:\$v=([0-9]{1,10}))?\$([a-z0-9-]{1,32}=[a-zA-Z0-9/+.-]+(?:,[a-z0-9-]{1,32}=[a-zA-Z0-9/+.-]+)*)\$([a-zA-Z0-9/+]+)\$([a-zA-Z0-9/+]+)$/;

export function encodePhc({ id, version, parameters, salt, hash }: PhcString): string {
  const pairs = Array.from(parameters, ([name, value]) => `${name}=${value}`).join(',');
  const head = version === undefined ? id : `${id}$v=${version}`;
  return `$${head}$${pairs}$${encodeBase64(salt)}$${encodeBase64(hash)}`;
}

/**
 * Returns parts that the caller owns. Throws `CRYPTO_HASH_MALFORMED` for anything but a canonical string, and a
 * `TypeError` for what is no string.
 */
export function decodePhc(text: string): PhcString {
  checkHashText(text);
  const match = text.length <= lengthMax ? form.exec(text) : undefined;
  const [, id, version, pairs, salt, hash] = match ?? [];
  if (id === undefined || pairs === undefined || salt === undefined || hash === undefined) {
    throw malformedHash('a PHC string with parameters, salt and hash');
  }
  const parameters = new Map<string, string>();
  for (const pair of pairs.split(',')) {
    const [name = '', value = ''] = pair.split('=');
    if (parameters.has(name)) throw malformedHash('each parameter once');
    parameters.set(name, value);
  }
  return {
    id,
    version: version === undefined ? undefined : decodeInteger(version),
    parameters,
    salt: decodeBase64(salt),
    hash: decodeBase64(hash),
  };
}

/** Throws a `TypeError` unless a hash is a string. */
export function checkHashText(text: unknown): asserts text is string {
  if (typeof text !== 'string')
    throw new ArgumentTypeError(`expected a hash as a string, got ${kindOf(text)}`);
}

/** The integer that a parameter stands for. Throws `CRYPTO_HASH_MALFORMED` unless it is a canonical decimal. */
export function decodeInteger(text: string | undefined): number {
  if (text === undefined || !/^(0|[1-9][0-9]{0,9})$/.test(text)) throw malformedHash('decimal parameters');
  return Number(text);
}

/** Base64 without padding, as the format has it. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replaceAll('=', '');
}

/** Throws `CRYPTO_HASH_MALFORMED` unless the text is what {@link encodeBase64} makes of some bytes. */
export function decodeBase64(text: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (encodeBase64(bytes) !== text) throw malformedHash('canonical Base64 without padding');
  return bytes;
}

export function malformedHash(expected: string): CodedError {
  return new CodedError('CRYPTO_HASH_MALFORMED', `expected a hash with ${expected}`, {
    details: { expected },
  });
}

/** The error for a hash of the right form that asks for something that nobody should do. */
export function refusedHash(what: string, expected: string, actual: number | string): CodedError {
  return new CodedError('CRYPTO_HASH_REFUSED', `expected a hash with ${what} ${expected}, got ${actual}`, {
    details: { what, expected, actual },
  });
}

/** Throws `CRYPTO_HASH_REFUSED` unless `actual` lies from `min` to `max`. */
export function checkHashRange(what: string, actual: number, min: number, max: number): void {
  if (actual < min || actual > max) throw refusedHash(what, `from ${min} to ${max}`, actual);
}
