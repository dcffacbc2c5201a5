/**
 * Proves that the index holds what a map holds, through random insertions, replacements and removals, while it grows,
 * with hashes that collide, up to the last cell it may have.
 */
import { errorCode } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { HashIndex, type KeyMatcher } from '../../src/index/hash-index.ts';
import { SeededRandom } from '../../src/testing/index.ts';

/** Keys are numbers; the record at an address holds the key that `keys` says. */
class Trial implements KeyMatcher {
  readonly index: HashIndex;
  readonly keys: Map<number, number> = new Map<number, number>();
  sought = 0;
  readonly #hashes: number;

  constructor(loadFactor: number, hashes: number, words = 2 ** 18 + 512, countKeys?: () => number) {
    this.index = new HashIndex(new Int32Array(words), loadFactor, countKeys);
    this.#hashes = hashes;
  }

  matches(address: number): boolean {
    return this.keys.get(address) === this.sought;
  }

  hash(key: number): number {
    return (Math.imul(key % this.#hashes, 0x9e3779b1) | 1) === -1
      ? 1
      : Math.imul(key % this.#hashes, 0x9e3779b1) | 1;
  }

  find(key: number): number {
    this.sought = key;
    return this.index.find(this.hash(key), this);
  }

  insert(key: number, address: number): boolean {
    this.sought = key;
    this.keys.set(address, key);
    return this.index.insert(this.hash(key), address, this);
  }
}

describe.for([
  ['few collisions', 0.7, 2 ** 31],
  ['many collisions', 0.7, 200],
  ['a sparse table', 0.1, 2 ** 31],
  ['a dense table', 0.9, 2 ** 31],
] as const)('with %s', ([, loadFactor, hashes]) => {
  test('it holds what a map holds', () => {
    const random = new SeededRandom(`hash index ${loadFactor} ${hashes}`);
    const trial = new Trial(loadFactor, hashes);
    const model = new Map<number, number>();
    const keys = hashes < 1000 ? 600 : 6000;
    let address = 0x8000_0000;
    for (let step = 0; step < keys * 3; step += 1) {
      const key = 1 + random.below(keys);
      const known = model.get(key) ?? 0;
      expect(trial.find(key)).toBe(known);
      address += 1;
      if (known === 0) {
        expect(trial.insert(key, address)).toBe(true);
        model.set(key, address);
      } else if (random.chance(0.2)) {
        expect(trial.index.replace(trial.hash(key), known, 0)).toBe(true);
        model.delete(key);
      } else {
        trial.keys.set(address, key);
        expect(trial.index.replace(trial.hash(key), known, address)).toBe(true);
        model.set(key, address);
      }
    }
    expect(new Set(trial.index.addresses())).toEqual(new Set(model.values()));
    for (const [key, expected] of model) expect(trial.find(key)).toBe(expected);
  });
});

test('a key that is there is not added again, and one that is not there is not replaced', () => {
  const trial = new Trial(0.7, 10);
  expect(trial.insert(3, 100)).toBe(true);
  trial.keys.set(200, 3);
  trial.sought = 3;
  expect(trial.index.insert(trial.hash(3), 200, trial)).toBe(false);
  expect(trial.index.replace(trial.hash(3), 999, 300)).toBe(false);
  expect(trial.find(3)).toBe(100);
  expect(trial.find(13)).toBe(0);
});

test('addresses of all 32 bits are kept as they are', () => {
  const trial = new Trial(0.7, 2 ** 31);
  for (const [index, address] of [1, 0x7fffffff, 0x80000000, 0xfffffffe].entries()) {
    trial.insert(index + 1, address);
    expect(trial.find(index + 1)).toBe(address);
  }
});

test.for([0.1, 0.7, 0.9])(
  'keys that come and go take no more memory, at a load factor of %d',
  (loadFactor) => {
    const random = new SeededRandom(`come and go ${loadFactor}`);
    const model = new Map<number, number>();
    const trial = new Trial(loadFactor, 2 ** 31, 2 ** 14 + 512, () => model.size);
    let key = 0;
    const add = (): void => {
      key += 1;
      model.set(key, key);
      if (!trial.insert(key, key)) throw new Error(`key ${key} was there`);
    };
    const drop = (gone: number): void => {
      if (!trial.index.replace(trial.hash(gone), gone, 0)) throw new Error(`key ${gone} was not there`);
      model.delete(gone);
      trial.keys.delete(gone);
    };
    for (let round = 0; round < 9; round += 1) {
      while (trial.index.hasRoomFor(1)) add();
      expect(model.size).toBe(Math.ceil(2 ** 12 * loadFactor) - 1);
      // From time to time so few are left that a smaller table is enough.
      const left = round % 3 === 0 ? 5 : random.below(model.size);
      for (const known of model.keys()) if (model.size > left) drop(known);
      for (let times = 0; times < 5000; times += 1) {
        add();
        drop(random.chance(0.5) ? key : model.keys().next().value!);
      }
      expect(new Set(trial.index.addresses())).toEqual(new Set(model.values()));
      expect([...model.keys()].map((known) => trial.find(known))).toEqual([...model.values()]);
    }
    expect(trial.index.bytes).toBe((2 ** 14 + 512) * 4);
  },
);

test('it says in time that it has no more room, and never goes beyond', () => {
  const words = 2 ** 14;
  const trial = new Trial(0.7, 2 ** 31, words);
  let key = 0;
  while (trial.index.hasRoomFor(1)) {
    key += 1;
    trial.insert(key, key);
  }
  expect(key).toBeGreaterThan(1000);
  expect(trial.index.bytes).toBeLessThanOrEqual(words * 4);
  for (let known = 1; known <= key; known += 1) expect(trial.find(known)).toBe(known);
});

test('whoever goes on without asking is refused, with everything still there', () => {
  const trial = new Trial(0.7, 2 ** 31, 2 ** 14);
  let key = 0;
  let failure: unknown;
  while (failure === undefined) {
    key += 1;
    try {
      trial.insert(key, key);
    } catch (error) {
      failure = error;
    }
  }
  expect(errorCode(failure)).toBe('STORAGE_FULL');
  for (let known = 1; known < key; known += 1) expect(trial.find(known)).toBe(known);
});
