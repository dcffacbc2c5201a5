/**
 * The secret behind the keyed hashes: 32 random bytes, made once for a store, kept in it encrypted. Everybody who
 * works on the store uses the same; of several who make one at the same time, one wins.
 */
import type { EncryptionContext, EnvelopeEncryptor } from '@htkv/crypto';

import type { AuthStore } from './auth-store.ts';
import { change } from './change.ts';
import { recordCorrupt } from './failure.ts';
import { HashingKeys, SECRET_BYTES } from './hashing-keys.ts';
import type { RandomBytes } from './identifier.ts';
import { SECRET_RECORD, secretKey } from './key-space.ts';
import { decodeSecret, encodeSecret } from './secret-record.ts';

export const SECRET_CONTEXT: EncryptionContext = { record: SECRET_RECORD, field: 'secret' };

export class StoredSecret {
  readonly #store: AuthStore;
  readonly #encryptor: EnvelopeEncryptor;
  readonly #randomBytes: RandomBytes;
  #keys: HashingKeys | undefined;

  constructor(store: AuthStore, encryptor: EnvelopeEncryptor, randomBytes: RandomBytes) {
    this.#store = store;
    this.#encryptor = encryptor;
    this.#randomBytes = randomBytes;
  }

  /** The keys, from a secret that is made if there is none. Rejects as the store and the encryptor do. */
  async keys(): Promise<HashingKeys> {
    if (this.existingKeys() === undefined) await this.#make();
    const keys = this.existingKeys();
    if (keys === undefined) throw recordCorrupt('the secret', 'none after it was written');
    return keys;
  }

  /** The keys; `undefined` as long as the store has no secret, and so neither users nor API keys. */
  existingKeys(): HashingKeys | undefined {
    if (this.#keys !== undefined) return this.#keys;
    const bytes = this.#store.get(secretKey());
    if (bytes === undefined) return undefined;
    const secret = this.#encryptor.decrypt(decodeSecret(bytes), SECRET_CONTEXT);
    if (secret.length !== SECRET_BYTES) throw recordCorrupt('the secret', 'another length');
    this.#keys = new HashingKeys(secret);
    secret.fill(0);
    return this.#keys;
  }

  async #make(): Promise<void> {
    const secret = new Uint8Array(this.#randomBytes(SECRET_BYTES));
    const value = encodeSecret(this.#encryptor.encrypt(secret, SECRET_CONTEXT));
    secret.fill(0);
    await change(this.#store, () => {
      const key = secretKey();
      if (this.#store.get(key) !== undefined) return { writes: [], result: undefined };
      return { writes: [{ type: 'set', key, value, ifAbsent: true }], result: undefined };
    });
  }
}
