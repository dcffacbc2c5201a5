/**
 * Proves that ranges of keys are those that sorting and filtering gives, for every kind of bound, both directions, and
 * keys that come between the queries.
 */
import { compareBytes, toHex } from '@htkv/base';
import { expect, test } from 'vitest';

import { OrderedKeys, type KeyRange } from '../../src/index/ordered-keys.ts';
import { SeededRandom } from '../../src/testing/index.ts';

function isInside(key: Uint8Array, { lower, lowerInclusive, upper, upperInclusive }: KeyRange): boolean {
  const fromLower = lower === undefined ? 1 : compareBytes(key, lower);
  const toUpper = upper === undefined ? -1 : compareBytes(key, upper);
  const isAbove = fromLower > 0 || (fromLower === 0 && lowerInclusive);
  return isAbove && (toUpper < 0 || (toUpper === 0 && upperInclusive));
}

test('a range is what sorting and filtering gives', () => {
  const random = new SeededRandom('ordered keys');
  const randomKey = (): Uint8Array =>
    Uint8Array.from({ length: random.below(3) }, () => random.pick([0, 1, 2, 0x7f, 0x80, 0xff]));
  const keys = new OrderedKeys();
  const model = new Map<string, Uint8Array>();
  for (let round = 0; round < 400; round += 1) {
    for (let count = random.below(3); count > 0; count -= 1) {
      const key = randomKey();
      keys.add(key);
      model.set(toHex(key), key);
    }
    const range: KeyRange = {
      lower: random.chance(0.7) ? randomKey() : undefined,
      lowerInclusive: random.chance(0.5),
      upper: random.chance(0.7) ? randomKey() : undefined,
      upperInclusive: random.chance(0.5),
    };
    const isReverse = random.chance(0.5);
    const limit = random.pick([0, 1, 5, 1000]);
    const inside = [...model.values()].filter((key) => isInside(key, range)).toSorted(compareBytes);
    const expected = (isReverse ? inside.toReversed() : inside).slice(0, limit);
    expect(keys.collect(range, isReverse, limit).map(toHex)).toEqual(expected.map(toHex));
  }
});
