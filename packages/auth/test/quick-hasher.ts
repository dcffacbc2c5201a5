/** A hasher for tests that are not about hashing: one round of SHA-256, and a record of what it was asked. */

import { createHash, timingSafeEqual } from 'node:crypto';

import type { SecretHasher } from '@htkv/crypto';

export class QuickHasher implements SecretHasher {
  /** Hashes of another strength ask to be made anew. */
  strength = 1;
  hashes = 0;
  verifications = 0;
  /** Most verifications that were under way at the same time. */
  widest = 0;
  #running = 0;

  hash(secret: string | Uint8Array): Promise<string> {
    this.hashes += 1;
    return Promise.resolve(`quick$${this.strength}$${digest(secret)}`);
  }

  async verify(secret: string | Uint8Array, hash: string): Promise<boolean> {
    this.verifications += 1;
    this.#running += 1;
    this.widest = Math.max(this.widest, this.#running);
    await new Promise((resolve) => setImmediate(resolve));
    this.#running -= 1;
    return timingSafeEqual(Buffer.from(digest(secret)), Buffer.from(hash.split('$')[2] ?? ''));
  }

  needsRehash(hash: string): boolean {
    return !hash.startsWith(`quick$${this.strength}$`);
  }
}

function digest(secret: string | Uint8Array): string {
  return createHash('sha256').update('htkv test').update(secret).digest('hex');
}
