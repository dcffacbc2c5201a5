/**
 * scrypt for passwords (RFC 7914), on the runtime's own implementation and its threads: for those who want a password
 * hash from a reviewed library on every supported runtime.
 */

import { randomFillSync, scrypt } from 'node:crypto';
import { CodedError } from '@htkv/base';
import { checkOptions } from './check-options.ts';
import { equalConstantTime } from './equal-constant-time.ts';
import type { Peppers } from './key-set.ts';
import type { RecognizingSecretHasher } from './migrating-secret-hasher.ts';
import { Pepper } from './pepper.ts';
import {
  checkScryptCosts,
  decodeScrypt,
  encodeScrypt,
  type ScryptCosts,
  type ScryptHash,
} from './scrypt-parameters.ts';
import { secretBytes } from './secret-bytes.ts';
import { WaitingLine, type WaitingLineOptions, waitingLineOptions } from './waiting-line.ts';

export interface ScryptOptions extends WaitingLineOptions {
  /** Base-2 logarithm of N. From 13 to 20, default 17; a hash fills 128 * blockSize * N bytes. */
  readonly costLog2?: number;
  /** r. Default and least: 8. At most 32. */
  readonly blockSize?: number;
  /** p. Default and least: 1, or for a `costLog2` of 16, 15, 14, 13 the 2, 3, 5, 10 that make up for it. */
  readonly parallelization?: number;
  /** A key of 32 bytes that is kept apart from the hashes, or several of which one writes. Default: none. */
  readonly pepper?: Uint8Array | Peppers;
}

const saltBytes = 16;
const tagBytes = 32;

export class ScryptSecretHasher implements RecognizingSecretHasher {
  readonly #costs: ScryptCosts;
  readonly #pepper: Pepper;
  readonly #line: WaitingLine;

  /** Throws a `RangeError` for costs below the floor, a `TypeError` for options that do not exist. */
  constructor(options: ScryptOptions = {}) {
    checkOptions(options, ['costLog2', 'blockSize', 'parallelization', 'pepper', ...waitingLineOptions]);
    this.#costs = checkScryptCosts(options);
    this.#pepper = new Pepper(options.pepper);
    this.#line = new WaitingLine(options);
  }

  async hash(secret: string | Uint8Array): Promise<string> {
    const bytes = secretBytes(secret);
    const salt = randomFillSync(new Uint8Array(saltBytes));
    const parameters = { ...this.#costs, keyId: this.#pepper.writingKeyId, salt };
    return encodeScrypt({ ...parameters, tag: await this.#compute(bytes, parameters, tagBytes) });
  }

  async verify(secret: string | Uint8Array, hash: string): Promise<boolean> {
    const stored = decodeScrypt(hash);
    this.#pepper.check(stored.keyId);
    const tag = await this.#compute(secretBytes(secret), stored, stored.tag.byteLength);
    return equalConstantTime(tag, stored.tag);
  }

  needsRehash(hash: string): boolean {
    try {
      const { costLog2, blockSize, parallelization, keyId, salt, tag } = decodeScrypt(hash);
      return (
        costLog2 < this.#costs.costLog2 ||
        blockSize < this.#costs.blockSize ||
        parallelization < this.#costs.parallelization ||
        salt.byteLength < saltBytes ||
        tag.byteLength < tagBytes ||
        keyId !== this.#pepper.writingKeyId
      );
    } catch {
      return true;
    }
  }

  /** Whether `hash` is one of scrypt, by its first characters. */
  recognizes(hash: string): boolean {
    return hash.startsWith('$scrypt$');
  }

  /** Takes `secret` over and clears it. */
  async #compute(
    secret: Uint8Array,
    { costLog2, blockSize, parallelization, keyId, salt }: Omit<ScryptHash, 'tag'>,
    bytes: number,
  ): Promise<Uint8Array> {
    const password = this.#pepper.season(secret, keyId);
    const costs = {
      N: 2 ** costLog2,
      r: blockSize,
      p: parallelization,
      // The default of the runtime is 32 MiB; the parameters have been bounded already.
      maxmem: 2 ** 31,
    };
    try {
      return await this.#line.run(
        async () =>
          await new Promise<Uint8Array>((resolve, reject) => {
            scrypt(password, salt, bytes, costs, (error, tag) => {
              if (error === null) resolve(new Uint8Array(tag));
              else reject(hasherFailed(error));
            });
          }),
      );
    } finally {
      password.fill(0);
    }
  }
}

function hasherFailed(cause: unknown): CodedError {
  return new CodedError('CRYPTO_HASHER_FAILED', 'expected a hash, got an error', { cause });
}
