/**
 * Proves that the hash of keys is MurmurHash3 x86 32-bit, by values published for it, except for the two results that
 * mean something else in the index; it stands in every record, so it can never change.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { SoughtKey } from '../../src/index/sought-key.ts';

function hashOf(key: Uint8Array, seed: number): number {
  const sought = new SoughtKey(seed);
  sought.load(key);
  return sought.hash >>> 0;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test.for([
  [bytes(), 1, 0x514e28b7],
  [bytes(), 0xffffffff, 0x81f16f39],
  [bytes(0xff, 0xff, 0xff, 0xff), 0, 0x76293b50],
  [bytes(0x21, 0x43, 0x65, 0x87), 0, 0xf55b516b],
  [bytes(0x21, 0x43, 0x65, 0x87), 0x5082edee, 0x2362f9de],
  [bytes(0x21, 0x43, 0x65), 0, 0x7e4a8634],
  [bytes(0x21, 0x43), 0, 0xa0f7b07a],
  [bytes(0x21), 0, 0x72661cf4],
  [bytes(0, 0, 0, 0), 0, 0x2362f9de],
  [bytes(0, 0, 0), 0, 0x85f0b427],
  [bytes(0, 0), 0, 0x30f4c306],
  [bytes(0), 0, 0x514e28b7],
  [utf8('aaaa'), 0x9747b28c, 0x5a97808a],
  [utf8('Hello, world!'), 0x9747b28c, 0x24884cba],
] as const)('%s with seed %i has its published hash', ([key, seed, hash]) => {
  expect(hashOf(key, seed)).toBe(hash);
});

test('a hash is never one of the two that mean something else', () => {
  // The hash of nothing with seed 0 is 0.
  expect(hashOf(bytes(), 0)).toBe(1);
});

test('the words are the key, zero-filled to a whole word, whatever was sought before', () => {
  const sought = new SoughtKey(7);
  sought.load(new Uint8Array(9).fill(0xff));
  sought.load(bytes(1, 2, 3, 4, 5));
  expect([sought.bytes, sought.wordCount]).toEqual([5, 2]);
  expect([...sought.words.subarray(0, 2)]).toEqual([0x04030201, 5]);
  sought.load(bytes());
  expect([sought.bytes, sought.wordCount]).toEqual([0, 0]);
});

test('the longest key is taken, a longer one is a mistake of the code', () => {
  const sought = new SoughtKey(7);
  sought.load(new Uint8Array(65_535));
  expect(sought.bytes).toBe(65_535);
  expect(() => sought.load(new Uint8Array(65_536))).toThrow('at most 65,535');
});
