/**
 * The keys that somebody holds for one purpose: one that writes, and any number that still read.
 *
 * A key's id is derived from the key itself, so that an id can never mean two keys, and nobody has to name them. It
 * gives away nothing about a random key. The bytes of the keys are copied into `KeyObject`s, outside of the
 * JavaScript heap, and are shown by nothing.
 */

import { createSecretKey, type KeyObject } from 'node:crypto';
import { ArgumentTypeError, CodedError, toHex } from '@htkv/base';
import { checkBytes, checkOptions, kindOf } from './check-options.ts';
import { deriveBytes } from './key-derivation.ts';
import type { KeySet } from './key-set.ts';

/** Bytes of every key. */
export const KEY_BYTES = 32;

/** Bytes of a key's id; as text it has twice as many hexadecimal digits. */
export const KEY_ID_BYTES = 8;

/** Whether a key wraps data keys or seasons passwords: the same bytes have unrelated ids in the two. */
export type KeyRole = 'master-key' | 'pepper';

export class KeyRing {
  readonly #keys = new Map<string, KeyObject>();
  readonly #writingId: string;

  /** Copies the keys. Throws `CRYPTO_KEY_INVALID` unless each has 32 bytes, a `TypeError` for anything else. */
  constructor(keys: Uint8Array | KeySet, role: KeyRole) {
    const { writing, reading = [] } = keys instanceof Uint8Array ? { writing: keys } : checkKeySet(keys);
    this.#writingId = this.#add(writing, role);
    for (const key of reading) this.#add(key, role);
  }

  get writingId(): string {
    return this.#writingId;
  }

  get writingKey(): KeyObject {
    return this.get(this.#writingId);
  }

  /** Throws `CRYPTO_KEY_UNKNOWN` if no key has this id. */
  get(id: string): KeyObject {
    const key = this.#keys.get(id);
    if (key === undefined) throw unknownKey(id);
    return key;
  }

  #add(bytes: Uint8Array, role: KeyRole): string {
    const key = secretKey(bytes);
    const id = idOf(key, role);
    this.#keys.set(id, key);
    return id;
  }
}

/** The error for an id that no key has. An id is no secret. */
export function unknownKey(id: string): CodedError {
  return new CodedError('CRYPTO_KEY_UNKNOWN', `expected a known key, got the key id ${id}`, {
    details: { keyId: id },
  });
}

/** The key in a `KeyObject`. Throws as the constructor does. */
export function secretKey(bytes: Uint8Array): KeyObject {
  checkBytes('an encryption key', bytes);
  if (bytes.byteLength !== KEY_BYTES) {
    throw new CodedError('CRYPTO_KEY_INVALID', `encryption key must be ${KEY_BYTES} bytes`, {
      details: { expectedBytes: KEY_BYTES, actualBytes: bytes.byteLength },
    });
  }
  return createSecretKey(bytes);
}

/** The id of a key in a role: 16 hexadecimal digits. */
export function idOf(key: KeyObject, role: KeyRole): string {
  return toHex(deriveBytes(key, `${role}/1/id`, KEY_ID_BYTES));
}

function checkKeySet(keys: KeySet): KeySet {
  checkOptions(keys, ['writing', 'reading']);
  if (keys.reading !== undefined && !Array.isArray(keys.reading)) {
    throw new ArgumentTypeError(`expected reading as an array, got ${kindOf(keys.reading)}`);
  }
  return keys;
}
