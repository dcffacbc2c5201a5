/**
 * The user that a password is checked against when there is no user: a record like any other, with the hash of a
 * password that nobody knows, made by the same hasher. So an unknown name costs what a wrong password costs.
 */
import type { SecretHasher } from '@htkv/crypto';

import type { CheckedOptions } from './auth-options.ts';
import { hex } from './identifier.ts';
import { encodeUser } from './user-record.ts';

const DECOY_ID = 'usr-0000000000000000';

export class DecoyUser {
  readonly #hasher: SecretHasher;
  readonly #options: CheckedOptions;
  #bytes: Promise<Uint8Array> | undefined;

  constructor(hasher: SecretHasher, options: CheckedOptions) {
    this.#hasher = hasher;
    this.#options = options;
  }

  /** The encoded record, to be decoded for each login, as that of a user is. Made on the first call, which every login waits for, whoever it is for. */
  async bytes(): Promise<Uint8Array> {
    this.#bytes ??= this.#make();
    try {
      return await this.#bytes;
    } catch (error) {
      this.#bytes = undefined;
      throw error;
    }
  }

  async #make(): Promise<Uint8Array> {
    const { randomBytes, passwordForm, now } = this.#options;
    // As text: some hashers take no zero bytes.
    const passwordHash = await this.#hasher.hash(hex(randomBytes(32)));
    return encodeUser({
      userId: DECOY_ID,
      username: 'nobody',
      passwordHash,
      passwordForm,
      createdAt: now(),
      lastLogin: now(),
    });
  }
}
