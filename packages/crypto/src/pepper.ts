/**
 * A pepper: a key that is mixed into a secret before it is hashed, and that is kept elsewhere than the hashes. Who has
 * the hashes alone cannot even begin to guess.
 *
 * The secret is replaced by its HMAC-SHA-256 under a key that is derived from the pepper. Which pepper it was stands in
 * the hash as `keyid`, the eight bytes of the pepper's id.
 */

import { createHmac, type KeyObject } from 'node:crypto';
import { toHex } from '@htkv/base';
import { deriveKey } from './key-derivation.ts';
import { KEY_ID_BYTES, KeyRing, unknownKey } from './key-ring.ts';
import type { Peppers } from './key-set.ts';
import { decodeBase64, encodeBase64, malformedHash } from './phc-string.ts';

export class Pepper {
  readonly #ring: KeyRing | undefined;

  /** Without peppers, secrets are hashed as they are. Throws as the ring of keys does. */
  constructor(peppers: Uint8Array | Peppers | undefined) {
    this.#ring = peppers === undefined ? undefined : new KeyRing(peppers, 'pepper');
  }

  /** What hashes made today have as `keyid`; `undefined` without a pepper. */
  get writingKeyId(): string | undefined {
    return this.#ring === undefined ? undefined : encodeBase64(Buffer.from(this.#ring.writingId, 'hex'));
  }

  /** Takes the secret over: clears it and returns what is hashed in its place. `keyId` is known. */
  season(secret: Uint8Array, keyId: string | undefined): Uint8Array {
    if (keyId === undefined) return secret;
    const key = deriveKey(this.#key(keyId), 'pepper/1/mac');
    const seasoned = new Uint8Array(createHmac('sha256', key).update(secret).digest());
    secret.fill(0);
    return seasoned;
  }

  /** Throws `CRYPTO_HASH_MALFORMED` for what is no key id, and `CRYPTO_KEY_UNKNOWN` for a pepper that is not here. */
  check(keyId: string | undefined): void {
    if (keyId !== undefined) this.#key(keyId);
  }

  #key(keyId: string): KeyObject {
    const id = decodeBase64(keyId);
    if (id.byteLength !== KEY_ID_BYTES) throw malformedHash(`a key id of ${KEY_ID_BYTES} bytes`);
    if (this.#ring === undefined) throw unknownKey(toHex(id));
    return this.#ring.get(toHex(id));
  }
}
