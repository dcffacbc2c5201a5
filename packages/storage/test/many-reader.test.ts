/**
 * Proves that keys which are read together have the values that each has by itself: whatever their lengths and values,
 * in memory and on disk, with one hash, while the index grows, and while a batch is pending. What other threads do
 * meanwhile is in `session/readers.test.ts`, which reads all keys together as well.
 */
import { utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import type { LogStore } from '../src/index.ts';
import { SoughtKey } from '../src/index/sought-key.ts';
import { MemoryFileSystem, SeededRandom } from '../src/testing/index.ts';
import { remove, set } from './session/repair-scripts.ts';
import { openTrialStore } from './trial-store.ts';

const NOW = 500;
const hasCome = (expiresAt: number): boolean => expiresAt <= NOW;

/** Reads `keys` together and one by one, and returns how many have a value. */
function readBothWays(store: LogStore, keys: readonly string[]): number {
  const bytes = keys.map((key) => utf8(key));
  const values = store.many.values(bytes, hasCome);
  expect(values).toEqual(bytes.map((key) => store.value(key, hasCome)));
  return values.filter((value) => value !== undefined).length;
}

describe.for([
  ['in memory', { memoryBudget: 2 ** 24, maxSegmentSize: 2 ** 20 }],
  ['mostly on disk', { memoryBudget: 1, maxSegmentSize: 2 ** 22 }],
] as const)('%s', ([, options]) => {
  test('keys of all lengths, with values of all kinds and with none', () => {
    const random = new SeededRandom('many reader');
    const store = openTrialStore({ fileSystem: new MemoryFileSystem(), indexBytesMax: 2 ** 20, ...options });
    const keys = Array.from({ length: 700 }, (_, index) => `${index} ${'k'.repeat(random.below(90))}`);
    keys.push('', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(65_535));
    for (let version = 1; version < 3_000; version += 1) {
      const key = keys[random.below(keys.length)]!;
      const deadline = random.chance(0.3) ? 400 + random.below(200) : undefined;
      if (random.chance(0.2)) store.apply([remove(key, version)]);
      else store.apply([set(key, version, random.chance(0.02) ? 70_000 : random.below(2_000), deadline)]);
      if (version % 500 === 0) store.commit(true);
    }
    const shuffled = Array.from({ length: 1_000 }, () => keys[random.below(keys.length)]!);
    expect(readBothWays(store, shuffled)).toBeGreaterThan(500);
    expect(readBothWays(store, [])).toBe(0);
    for (const count of [1, 2, 63, 64, 65, 128]) readBothWays(store, shuffled.slice(0, count));
    if (options.memoryBudget === 1) expect(store.stats().coldReads).toBeGreaterThan(100);
  });
});

test('values belong to the caller, each by itself', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem() });
  store.apply([set('a', 1), set('b', 2)]);
  const [first, second, again] = store.many.values([utf8('a'), utf8('b'), utf8('a')], hasCome);
  first!.fill(99);
  expect(second).toEqual(new Uint8Array(20).fill(2));
  expect(again).toEqual(new Uint8Array(20).fill(1));
  expect(store.value(utf8('a'), hasCome)).toEqual(new Uint8Array(20).fill(1));
  expect(second!.buffer.byteLength).toBe(20);
});

test('two keys with one hash, of which one is there, both, or none', () => {
  const randomBytes = (count: number): Uint8Array => new Uint8Array(count);
  const store = openTrialStore({ fileSystem: new MemoryFileSystem(), maxSegmentSize: 2 ** 20, randomBytes });
  store.apply([set('probe', 1)]);
  const [one, other] = collidingKeys(0);
  expect(readBothWays(store, [one, other, 'probe'])).toBe(1);
  store.apply([set(one, 2)]);
  expect(readBothWays(store, [one, other, 'probe'])).toBe(2);
  store.apply([set(other, 3)]);
  expect(readBothWays(store, [one, other, 'probe'])).toBe(3);
  store.apply([remove(one, 4)]);
  expect(readBothWays(store, [other, one, 'probe'])).toBe(2);
});

test('a table that grows, at each step of its growth', () => {
  const store = openTrialStore({
    fileSystem: new MemoryFileSystem(),
    indexLoadFactor: 0.125,
    indexBytesMax: 2 ** 20,
    maxSegmentSize: 2 ** 20,
  });
  const keys = Array.from({ length: 400 }, (_, index) => `key ${index}`);
  keys.forEach((key, index) => {
    store.apply([set(key, index + 1)]);
    if (index % 3 === 0) expect(readBothWays(store, keys)).toBe(index + 1);
  });
});

/** Two keys that the hash with that seed does not tell apart. */
function collidingKeys(seed: number): [string, string] {
  const sought = new SoughtKey(seed);
  const seen = new Map<number, string>();
  for (let index = 0; ; index += 1) {
    const key = `collides ${index}`;
    sought.load(utf8(key));
    const earlier = seen.get(sought.hash);
    if (earlier !== undefined) return [earlier, key];
    seen.set(sought.hash, key);
  }
}
