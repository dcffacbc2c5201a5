/**
 * The two keyed hashes: of tokens, so that a stolen store is of no use for making or checking one; and of the names
 * that failed logins are counted under, so that what people type into the wrong field cannot be read from the store.
 *
 * HMAC-SHA-256 under keys that HKDF-SHA-256 derives from one secret, each for its own purpose. A token has 256 random
 * bits, so there is nothing to guess and no need of a slow hash.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

export const SECRET_BYTES = 32;

export class HashingKeys {
  // Key objects, not bytes: making the object is most of the cost of a hash, and their bytes are outside the heap.
  readonly #tokenKey: KeyObject;
  readonly #nameKey: KeyObject;

  /** `secret` is borrowed. */
  constructor(secret: Uint8Array) {
    this.#tokenKey = derive(secret, 'htkv/auth/token/v1');
    this.#nameKey = derive(secret, 'htkv/auth/name/v1');
  }

  /** 32 bytes. The token begins with its key's id, so the hash of one key's token is of no use in another's record. */
  tokenMac(token: string): Uint8Array {
    return createHmac('sha256', this.#tokenKey).update(token).digest();
  }

  /** 64 hexadecimal digits. */
  nameTag(indexName: string): string {
    return createHmac('sha256', this.#nameKey).update(indexName).digest('hex');
  }
}

function derive(secret: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
}
