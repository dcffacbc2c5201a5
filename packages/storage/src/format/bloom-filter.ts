/**
 * A section of a sealed segment that says of most keys which are not in it that they are not: a split-block Bloom
 * filter (Putze, Sanders and Singler, 2007, as in Apache Parquet) over the hashes of the keys. A look-up touches 32
 * bytes. The hash has 32 bits, so two keys with the same hash look the same to it.
 */
import { assert } from '@htkv/base';

import { defineLayout, LayoutView, type Layout } from './layout.ts';

type BloomHeaderField = 'blockCount' | 'keyCount' | 'reserved';

export const bloomHeaderLayout: Layout<BloomHeaderField> = defineLayout(16, {
  blockCount: 4,
  keyCount: 4,
  reserved: 8,
});

const HEADER_BYTES = bloomHeaderLayout.totalBytes;
const BLOCK_BYTES = 32;
const BLOCK_BITS = BLOCK_BYTES * 8;
const WORDS = 8;
const WORD_BITS = 32;
const HASHES = 2 ** 32;

/** What is multiplied with to find the bit of each word, in the upper five bits; odd numbers, those of Parquet. */
const SALT_0 = 0x47b6137b;
const SALT_1 = 0x44974d91;
const SALT_2 = 0x8824ad5b;
const SALT_3 = 0xa2b7289d;
const SALT_4 = 0x705495c7;
const SALT_5 = 0x2df1424b;
const SALT_6 = 0x9efc4947;
const SALT_7 = 0x5c6bfb31;

/** Bits a key of the largest filter: beyond it, nothing is gained. */
const BITS_PER_KEY_MAX = 64;

/** Bytes of the section for `keyCount` keys that takes at most the share `rate` of absent keys for present. */
export function bloomFilterBytes(keyCount: number, rate: number): number {
  return HEADER_BYTES + blocksFor(keyCount, rate) * BLOCK_BYTES;
}

/** Fills `target`, zeros, of the length that {@link bloomFilterBytes} gave, from the first `keyCount` hashes. */
export function encodeBloomFilter(target: Uint8Array, hashes: Uint32Array, keyCount: number): void {
  const blockCount = (target.length - HEADER_BYTES) / BLOCK_BYTES;
  assert(target.byteOffset % 4 === 0, 'the words of a filter are aligned');
  const header = new LayoutView(bloomHeaderLayout, target);
  header.set('blockCount', blockCount);
  header.set('keyCount', keyCount);
  const words = wordsOf(target);
  for (let key = 0; key < keyCount; key += 1) {
    const hash = hashes[key]!;
    const at = blockOf(hash, blockCount) * WORDS;
    const pattern = mixed(hash);
    words[at]! |= 1 << (Math.imul(pattern, SALT_0) >>> 27);
    words[at + 1]! |= 1 << (Math.imul(pattern, SALT_1) >>> 27);
    words[at + 2]! |= 1 << (Math.imul(pattern, SALT_2) >>> 27);
    words[at + 3]! |= 1 << (Math.imul(pattern, SALT_3) >>> 27);
    words[at + 4]! |= 1 << (Math.imul(pattern, SALT_4) >>> 27);
    words[at + 5]! |= 1 << (Math.imul(pattern, SALT_5) >>> 27);
    words[at + 6]! |= 1 << (Math.imul(pattern, SALT_6) >>> 27);
    words[at + 7]! |= 1 << (Math.imul(pattern, SALT_7) >>> 27);
  }
}

export class BloomFilter {
  readonly #words: Int32Array;
  readonly #blockCount: number;

  /** Borrows a section that checked out; see {@link decodeBloomFilter}. */
  constructor(section: Uint8Array, blockCount: number) {
    this.#words = wordsOf(section);
    this.#blockCount = blockCount;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** False if no key with that hash is in the segment; true for nearly all others that are not. O(1). */
  mayHold(hash: number): boolean {
    const words = this.#words;
    const at = blockOf(hash >>> 0, this.#blockCount) * WORDS;
    const pattern = mixed(hash);
    return (
      ((words[at]! >>> (Math.imul(pattern, SALT_0) >>> 27)) &
        (words[at + 1]! >>> (Math.imul(pattern, SALT_1) >>> 27)) &
        (words[at + 2]! >>> (Math.imul(pattern, SALT_2) >>> 27)) &
        (words[at + 3]! >>> (Math.imul(pattern, SALT_3) >>> 27)) &
        (words[at + 4]! >>> (Math.imul(pattern, SALT_4) >>> 27)) &
        (words[at + 5]! >>> (Math.imul(pattern, SALT_5) >>> 27)) &
        (words[at + 6]! >>> (Math.imul(pattern, SALT_6) >>> 27)) &
        (words[at + 7]! >>> (Math.imul(pattern, SALT_7) >>> 27)) &
        1) ===
      1
    );
  }
}

/** The filter in a section, which it borrows, or `undefined` where its sizes contradict each other. */
export function decodeBloomFilter(section: Uint8Array): BloomFilter | undefined {
  if (section.length < HEADER_BYTES) return undefined;
  const blockCount = new LayoutView(bloomHeaderLayout, section).get('blockCount');
  if (blockCount === 0 || section.length !== HEADER_BYTES + blockCount * BLOCK_BYTES) return undefined;
  return new BloomFilter(section, blockCount);
}

/** The block of a hash: its upper bits, scaled. */
function blockOf(hash: number, blockCount: number): number {
  return Math.floor((hash * blockCount) / HASHES);
}

/** The words behind the header; a copy where they are not aligned in their buffer. */
function wordsOf(section: Uint8Array): Int32Array {
  const { buffer, byteOffset } = section.byteOffset % 4 === 0 ? section : section.slice();
  return new Int32Array(buffer, byteOffset + HEADER_BYTES, (section.length - HEADER_BYTES) / 4);
}

/** The hash again, so that the bits do not follow from the block: the finalizer of MurmurHash3. */
function mixed(hash: number): number {
  let mix = hash ^ (hash >>> 16);
  mix = Math.imul(mix, 0x85ebca6b);
  mix ^= mix >>> 13;
  mix = Math.imul(mix, 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

/** The smallest filter that keeps the promise, to a quarter of a bit a key. */
function blocksFor(keyCount: number, rate: number): number {
  let tooFew = 4;
  let enough = BITS_PER_KEY_MAX * 4;
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >>> 1;
    if (falsePositiveRate(middle / 4, keyCount) > rate) tooFew = middle;
    else enough = middle;
  }
  return Math.max(1, Math.ceil((keyCount * enough) / 4 / BLOCK_BITS));
}

/**
 * The expected share of absent keys that are taken for present. Keys per block follow Poisson's distribution; with k
 * keys in it, a bit of a word is set with probability 1 - (31/32)^k. Keys with the hash of another come on top.
 */
function falsePositiveRate(bitsPerKey: number, keyCount: number): number {
  const mean = BLOCK_BITS / bitsPerKey;
  const keysMax = mean + 8 * Math.sqrt(mean) + 20;
  let rate = keyCount / HASHES;
  let chance = Math.exp(-mean);
  let clear = 1;
  for (let keys = 1; keys < keysMax; keys += 1) {
    chance *= mean / keys;
    clear *= 1 - 1 / WORD_BITS;
    rate += chance * (1 - clear) ** WORDS;
  }
  return rate;
}
