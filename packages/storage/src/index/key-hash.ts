/**
 * The hash of keys: MurmurHash3 x86 32-bit (Austin Appleby, public domain algorithm), seeded per store so that a
 * client who chooses keys cannot choose collisions. Its value is stored in every record, so it is part of the format.
 */

/** 32-bit hash of `key`, as a signed integer that is neither 0 nor -1: those two mean something in the index. */
export function keyHash(key: Uint8Array, seed: number): number {
  const length = key.length;
  const wordsEnd = length & ~3;
  let hash = seed | 0;
  let offset = 0;
  while (offset < wordsEnd) {
    const word = key[offset]! | (key[offset + 1]! << 8) | (key[offset + 2]! << 16) | (key[offset + 3]! << 24);
    hash ^= scramble(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
    offset += 4;
  }
  if (offset < length) {
    let word = 0;
    for (let shift = 0; offset < length; offset += 1, shift += 8) word |= key[offset]! << shift;
    hash ^= scramble(word);
  }
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash === 0 || hash === -1 ? 1 : hash;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
