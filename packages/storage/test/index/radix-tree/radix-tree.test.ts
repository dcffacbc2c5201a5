/**
 * Proves that the tree holds what a sorted list of the same keys holds: keys with long parts in common, keys that are
 * the beginning of others, the empty and the longest key; put in, taken out, pointed elsewhere, and walked over from any
 * bound in both directions. Keys and steps are random by seed.
 */
import { errorCode } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { SeededRandom } from '../../../src/testing/index.ts';
import { EVERYTHING, TreeTrial } from './tree-trial.ts';

/** Makes keys; the ones of a kind are close to each other in a way of their own. */
const KINDS: Readonly<Record<string, (random: SeededRandom) => Uint8Array>> = {
  'short and dense': (random) =>
    Uint8Array.from({ length: random.below(4) }, () => random.pick([0, 1, 2, 0x7f, 0x80, 0xff])),
  'with long parts in common': (random) => {
    const parts = Array.from({ length: 1 + random.below(3) }, () =>
      Array.from({ length: random.pick([1, 7, 8, 9, 20]) }, () => random.pick([65, 65, 65, 65, 255])),
    );
    return Uint8Array.from([...parts.flat(), random.below(3)]);
  },
  'beginnings of each other': (random) => new Uint8Array(random.below(60)).fill(random.pick([7, 7, 7, 8])),
  'of one byte at every place': (random) =>
    Uint8Array.from([random.below(256), random.below(256)].slice(random.below(2))),
  random: (random) => random.bytes(16),
};

describe.for(Object.entries(KINDS))('keys %s', ([name, make]) => {
  test('are what a sorted list of them is, through every change', () => {
    const random = new SeededRandom(`radix tree, ${name}`);
    const trial = new TreeTrial();
    const known: Uint8Array[] = [];
    const some = (): Uint8Array =>
      known.length > 0 && random.chance(0.7) ? random.pick(known) : make(random);
    for (let step = 0; step < 4000; step += 1) {
      // The tree fills, and empties again.
      const growth = step < 2000 ? 0.7 : 0.3;
      const key = some();
      if (random.chance(growth)) {
        const fresh = make(random);
        known.push(fresh);
        trial.insert(fresh);
      } else if (random.chance(0.7)) {
        trial.remove(key);
      } else {
        const from = trial.model.get(key) ?? trial.keys.add(key);
        const isThere = trial.model.get(key) !== undefined;
        const to = trial.keys.add(key);
        expect(trial.tree.repoint(key, to, from)).toBe(false);
        expect(trial.tree.removeAt(key, to)).toBe(false);
        expect(trial.tree.repoint(key, from, to)).toBe(isThere);
        if (isThere) {
          trial.model.set(key, to);
          trial.keys.forget(from);
        }
      }
      if (step % 8 !== 0) continue;
      const range = {
        lower: random.chance(0.7) ? some() : undefined,
        lowerInclusive: random.chance(0.5),
        upper: random.chance(0.7) ? some() : undefined,
        upperInclusive: random.chance(0.5),
      };
      trial.check(range, random.chance(0.5), random.pick([1, 2, 5, 1000]));
      if (step % 200 === 0) trial.check(EVERYTHING, step % 400 === 0);
    }
    expect(trial.model.size).toBeGreaterThan(5);
  });

  test('leave nothing behind when all of them are taken out', () => {
    const random = new SeededRandom(`emptying, ${name}`);
    const trial = new TreeTrial();
    const keys = Array.from({ length: 1000 }, () => make(random));
    for (const key of keys) trial.insert(key);
    const { bytesTaken } = trial.nodes;
    for (const left = keys.slice(); left.length > 0;) {
      const key = left.splice(random.below(left.length), 1)[0]!;
      expect(trial.tree.removeAt(key, trial.model.get(key) ?? 1)).toBe(trial.model.delete(key));
    }
    expect(trial.model.size).toBe(0);
    trial.check();
    for (const key of keys) trial.insert(key);
    trial.check();
    expect(trial.nodes.bytesTaken).toBeLessThan(bytesTaken * 1.5);
  });
});

test('the empty key, the longest ones and what lies between them', () => {
  const trial = new TreeTrial();
  const longest = new Uint8Array(65_535).fill(1);
  const other = longest.slice();
  other[65_534] = 2;
  const early = longest.slice();
  early[9] = 0;
  const keys = [
    new Uint8Array(),
    longest,
    longest.subarray(0, 65_534),
    other,
    early,
    longest.subarray(0, 8),
    Uint8Array.of(1),
  ];
  for (const key of keys) trial.insert(key);
  for (const reverse of [false, true]) {
    trial.check(EVERYTHING, reverse);
    for (const lower of keys) {
      for (const upper of keys) {
        trial.check({ lower, lowerInclusive: reverse, upper, upperInclusive: !reverse }, reverse);
      }
    }
  }
  for (const key of keys) {
    trial.remove(key);
    trial.check();
  }
});

test('keys of which each is the beginning of the next are not limited by the call stack', () => {
  const trial = new TreeTrial(2 ** 23);
  const longest = new Uint8Array(12_000);
  const image = new Uint8Array(trial.keys.keyStart + longest.length);
  const expected: number[] = [];
  for (let length = longest.length; length >= 0; length -= 1) {
    const address = trial.keys.lend(image.subarray(0, trial.keys.keyStart + length));
    expected.unshift(address);
    trial.tree.insert(longest, length, address);
  }
  expect(trial.range(EVERYTHING, false, 50_000)).toEqual(expected);
  expect(trial.range(EVERYTHING, true, 50_000)).toEqual(expected.toReversed());
});

test('random keys take at most one read each, and at most twenty bytes', () => {
  const random = new SeededRandom('bytes per key');
  const trial = new TreeTrial(2 ** 23);
  for (let index = 0; index < 300_000; index += 1) {
    const key = random.bytes(16);
    trial.tree.insert(key, key.length, trial.keys.add(key));
  }
  expect(trial.keys.reads).toBeLessThanOrEqual(300_000);
  expect(trial.nodes.bytesTaken / 300_000).toBeLessThan(20);
});

test('a full tree says so, and goes on when there is room again', () => {
  const random = new SeededRandom('full tree');
  const trial = new TreeTrial(4096);
  const keys: Uint8Array[] = [];
  let failure: unknown;
  while (failure === undefined) {
    const key = random.bytes(4);
    const address = trial.keys.add(key);
    try {
      trial.tree.insert(key, key.length, address);
      trial.model.set(key, address);
      keys.push(key);
    } catch (error) {
      failure = error;
    }
  }
  expect(errorCode(failure)).toBe('STORAGE_ORDER_FULL');
  trial.check();
  for (const key of keys) trial.remove(key);
  trial.check();
  for (const key of keys.slice(0, 10)) trial.insert(key);
  trial.check();
});
