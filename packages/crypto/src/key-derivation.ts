/**
 * HKDF with SHA-256 (RFC 5869), on the runtime's own implementation.
 *
 * Every derivation has a purpose of its own, which enters as `info`: keys for different purposes are unrelated even
 * when they come from the same key.
 */

import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { utf8 } from '@htkv/base';

/** What nothing else in the world derives with. */
const domain = 'htkv';

const noSalt = new Uint8Array(0);

/**
 * Derives `bytes` bytes from `key`. `salt` is borrowed for the call; without one it is empty, which RFC 5869 section
 * 3.1 allows for a key that is already uniform.
 */
export function deriveBytes(
  key: KeyObject,
  purpose: string,
  bytes: number,
  salt: Uint8Array = noSalt,
): Uint8Array {
  return hkdfSha256(key, salt, utf8(`${domain}/${purpose}`), bytes);
}

/** The function of the RFC as it is: extract, then expand. */
export function hkdfSha256(key: KeyObject, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, info, bytes));
}

/** Derives a 32-byte key from `key` that lies outside of the JavaScript heap. */
export function deriveKey(key: KeyObject, purpose: string): KeyObject {
  const bytes = deriveBytes(key, purpose, 32);
  const derived = createSecretKey(bytes);
  bytes.fill(0);
  return derived;
}
