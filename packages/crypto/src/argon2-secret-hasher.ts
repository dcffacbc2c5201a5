/**
 * Argon2id for passwords: the first choice.
 *
 * The default costs are the least that today's recommendations allow, so that a hash is quick everywhere, also where
 * the runtime has no Argon2 of its own. `docs/crypto.md` has the figures and says when to raise them.
 */

import { randomFillSync } from 'node:crypto';
import { argon2Engine } from './argon2-engine.ts';
import {
  type Argon2Costs,
  type Argon2Hash,
  checkArgon2Costs,
  decodeArgon2,
  encodeArgon2,
} from './argon2-parameters.ts';
import { checkOptions } from './check-options.ts';
import { equalConstantTime } from './equal-constant-time.ts';
import type { Peppers } from './key-set.ts';
import type { RecognizingSecretHasher } from './migrating-secret-hasher.ts';
import { Pepper } from './pepper.ts';
import { secretBytes } from './secret-bytes.ts';
import { WaitingLine, type WaitingLineOptions, waitingLineOptions } from './waiting-line.ts';

export interface Argon2Options extends WaitingLineOptions {
  /** Memory in KiB that a hash fills. Default and least: 19,456 (19 MiB). At most 1,048,576 (1 GiB). */
  readonly memoryKiB?: number;
  /** How often it is filled. Default and least: 2. At most 64, and with the memory 2 GiB. */
  readonly passes?: number;
  /** Lanes, which enter the result and do not make it faster here. Default and least: 1. At most 16. */
  readonly lanes?: number;
  /** A key of 32 bytes that is kept apart from the hashes, or several of which one writes. Default: none. */
  readonly pepper?: Uint8Array | Peppers;
}

const saltBytes = 16;
const tagBytes = 32;

export class Argon2SecretHasher implements RecognizingSecretHasher {
  readonly #costs: Argon2Costs;
  readonly #pepper: Pepper;
  readonly #line: WaitingLine;

  /** Throws a `RangeError` for costs below the floor, a `TypeError` for options that do not exist. */
  constructor(options: Argon2Options = {}) {
    checkOptions(options, ['memoryKiB', 'passes', 'lanes', 'pepper', ...waitingLineOptions]);
    this.#costs = checkArgon2Costs(options);
    this.#pepper = new Pepper(options.pepper);
    this.#line = new WaitingLine(options);
  }

  async hash(secret: string | Uint8Array): Promise<string> {
    const bytes = secretBytes(secret);
    const salt = randomFillSync(new Uint8Array(saltBytes));
    const parameters = { ...this.#costs, keyId: this.#pepper.writingKeyId, salt };
    return encodeArgon2({ ...parameters, tag: await this.#compute(bytes, parameters, tagBytes) });
  }

  async verify(secret: string | Uint8Array, hash: string): Promise<boolean> {
    const stored = decodeArgon2(hash);
    this.#pepper.check(stored.keyId);
    const tag = await this.#compute(secretBytes(secret), stored, stored.tag.byteLength);
    return equalConstantTime(tag, stored.tag);
  }

  needsRehash(hash: string): boolean {
    try {
      const { memoryKiB, passes, lanes, keyId, salt, tag } = decodeArgon2(hash);
      return (
        memoryKiB < this.#costs.memoryKiB ||
        passes < this.#costs.passes ||
        lanes < this.#costs.lanes ||
        salt.byteLength < saltBytes ||
        tag.byteLength < tagBytes ||
        keyId !== this.#pepper.writingKeyId
      );
    } catch {
      return true;
    }
  }

  /** Whether `hash` is one of Argon2id, by its first characters. */
  recognizes(hash: string): boolean {
    return hash.startsWith('$argon2id$');
  }

  /** Takes `secret` over and clears it. */
  async #compute(
    secret: Uint8Array,
    { memoryKiB, passes, lanes, keyId, salt }: Omit<Argon2Hash, 'tag'>,
    bytes: number,
  ): Promise<Uint8Array> {
    const password = this.#pepper.season(secret, keyId);
    try {
      return await this.#line.run(async () => {
        const engine = await argon2Engine();
        return await engine({ type: 'argon2id', password, salt, memoryKiB, passes, lanes, tagBytes: bytes });
      });
    } finally {
      password.fill(0);
    }
  }
}
