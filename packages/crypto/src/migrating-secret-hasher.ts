/**
 * Moves stored hashes from one algorithm to another while people log in: new hashes are of one kind, old ones are
 * still checked, and an old one asks to be made anew.
 */

import { ArgumentRangeError } from '@htkv/base';
import { checkHashText, malformedHash } from './phc-string.ts';
import type { SecretHasher } from './secret-hasher.ts';

/** A hasher that knows its own hashes by their looks. */
export interface RecognizingSecretHasher extends SecretHasher {
  /** Whether `hash` is of the kind that this hasher makes, whatever its parameters. Cheap; never throws on a string. */
  recognizes(hash: string): boolean;
}

export class MigratingSecretHasher implements RecognizingSecretHasher {
  readonly #current: RecognizingSecretHasher;
  readonly #all: readonly RecognizingSecretHasher[];

  /** `current` makes the hashes; it and `earlier` check them. Throws a `RangeError` without an earlier one. */
  constructor(current: RecognizingSecretHasher, ...earlier: readonly RecognizingSecretHasher[]) {
    if (earlier.length === 0) throw new ArgumentRangeError('expected at least one earlier hasher, got none');
    this.#current = current;
    this.#all = [current, ...earlier];
  }

  async hash(secret: string | Uint8Array): Promise<string> {
    return await this.#current.hash(secret);
  }

  /** As the hasher that recognises the hash. Rejects with `CRYPTO_HASH_MALFORMED` if none does. */
  async verify(secret: string | Uint8Array, hash: string): Promise<boolean> {
    checkHashText(hash);
    const hasher = this.#all.find((each) => each.recognizes(hash));
    if (hasher === undefined) throw malformedHash('the form of one of the hashers');
    return await hasher.verify(secret, hash);
  }

  /** True for every hash that the current hasher did not make, and for those that it would make better. */
  needsRehash(hash: string): boolean {
    return this.#current.needsRehash(hash);
  }

  recognizes(hash: string): boolean {
    return this.#all.some((each) => each.recognizes(hash));
  }
}
