/**
 * bcrypt for passwords: for hashes that exist already, and for those who must.
 *
 * bcrypt reads 72 bytes and takes its input as a string that ends with NUL, over and over. What does not fit is
 * refused, never cut: with a NUL inside, `a` and `a NUL a` would have one hash. The computation runs on a thread of
 * ours. The form of a hash, `$2b$cost$salt+hash`, has no place for a pepper.
 */

import { randomFillSync } from 'node:crypto';
import { utf8 } from '@htkv/base';
import { encodeBase64 } from 'bcryptjs';
import { BCRYPT_COST_MAX, decodeBcrypt } from './bcrypt-parameters.ts';
import { checkInteger, checkOptions } from './check-options.ts';
import { equalConstantTime } from './equal-constant-time.ts';
import { computeOnThread } from './hash-threads.ts';
import type { RecognizingSecretHasher } from './migrating-secret-hasher.ts';
import { refused, secretBytes } from './secret-bytes.ts';
import { WaitingLine, type WaitingLineOptions, waitingLineOptions } from './waiting-line.ts';

export interface BcryptOptions extends WaitingLineOptions {
  /** Base-2 logarithm of the rounds. From 10 to 15, default 12; one more doubles the time. */
  readonly cost?: number;
}

/** Most bytes of a secret, as UTF-8. */
export const BCRYPT_SECRET_BYTES_MAX = 72;

const costFloor = 10;
const saltBytes = 16;

export class BcryptSecretHasher implements RecognizingSecretHasher {
  readonly #cost: number;
  readonly #line: WaitingLine;

  /** Throws a `RangeError` for costs below the floor, a `TypeError` for options that do not exist. */
  constructor(options: BcryptOptions = {}) {
    checkOptions(options, ['cost', ...waitingLineOptions]);
    this.#cost = checkInteger('cost', options.cost ?? 12, costFloor, BCRYPT_COST_MAX);
    this.#line = new WaitingLine(options);
  }

  /** Rejects with `CRYPTO_SECRET_REFUSED` for more than 72 bytes, for a NUL, and for bytes that are no UTF-8. */
  async hash(secret: string | Uint8Array): Promise<string> {
    const text = secretText(secret);
    const salt = encodeBase64([...randomFillSync(new Uint8Array(saltBytes))], saltBytes);
    return await this.#compute(text, `$2b$${this.#cost}$${salt}`);
  }

  async verify(secret: string | Uint8Array, hash: string): Promise<boolean> {
    const { settings } = decodeBcrypt(hash);
    return equalConstantTime(utf8(await this.#compute(secretText(secret), settings)), utf8(hash));
  }

  needsRehash(hash: string): boolean {
    try {
      return decodeBcrypt(hash).cost < this.#cost;
    } catch {
      return true;
    }
  }

  /** Whether `hash` is one of bcrypt, by its first characters. */
  recognizes(hash: string): boolean {
    return /^\$2[aby]\$/.test(hash);
  }

  async #compute(password: string, salt: string): Promise<string> {
    return await this.#line.run(
      async () => (await computeOnThread({ type: 'bcrypt', password, salt })) as string,
    );
  }
}

function secretText(secret: string | Uint8Array): string {
  const bytes = secretBytes(secret, BCRYPT_SECRET_BYTES_MAX);
  try {
    if (bytes.includes(0)) throw refused('no NUL');
    if (typeof secret === 'string') return secret;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw error instanceof TypeError ? refused('valid UTF-8') : error;
  } finally {
    bytes.fill(0);
  }
}
