/**
 * The key of the running look-up, prepared once: its hash and its bytes as words, the way they lie in a record, so
 * that comparing it with a record costs a word at a time.
 *
 * The hash is MurmurHash3 x86 32-bit (Austin Appleby, public domain algorithm), seeded per store so that a client who
 * chooses keys cannot choose collisions. Its value is stored in every record, so it is part of the format.
 */
import { assert } from '@htkv/base';

/** Words of the longest key, 65,535 bytes. */
const WORDS_MAX = 16_384;

export class SoughtKey {
  readonly #seed: number;
  /** Zero-filled behind the last byte of the key, up to a whole word. */
  readonly words: Int32Array = new Int32Array(WORDS_MAX);
  /** The key itself; borrowed from the caller of {@link load}. */
  key: Uint8Array = new Uint8Array();
  bytes = 0;
  wordCount = 0;
  /** A signed integer that is neither 0 nor -1: those two mean something in the index. */
  hash = 1;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Makes `key` the sought one. O(key). */
  load(key: Uint8Array): void {
    const length = key.length;
    assert(length < WORDS_MAX * 4, 'a key has at most 65,535 bytes');
    const { words } = this;
    let hash = this.#seed;
    let offset = 0;
    let count = 0;
    for (; offset + 4 <= length; offset += 4) {
      const word =
        key[offset]! | (key[offset + 1]! << 8) | (key[offset + 2]! << 16) | (key[offset + 3]! << 24);
      words[count] = word;
      count += 1;
      hash ^= scramble(word);
      hash = (hash << 13) | (hash >>> 19);
      hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
    }
    if (offset < length) {
      let word = 0;
      for (let shift = 0; offset < length; offset += 1, shift += 8) word |= key[offset]! << shift;
      words[count] = word;
      count += 1;
      hash ^= scramble(word);
    }
    hash = finish(hash ^ length);
    this.key = key;
    this.bytes = length;
    this.wordCount = count;
    this.hash = hash === 0 || hash === -1 ? 1 : hash;
  }
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function finish(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}
