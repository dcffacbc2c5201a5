/**
 * Proves that the generator of all seeded tests is repeatable for ever, stays in its ranges and is not grossly
 * skewed. The words below are a golden value: a change would silently re-deal every seed that was ever reported.
 */

import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/testing/index.ts';

test('the same seed gives the same stream, today and in every later version', () => {
  const random = new SeededRandom('golden');
  expect([random.word(), random.word(), random.word()]).toEqual([2775817510, 2623395176, 2743369276]);
  expect([...random.bytes(6)]).toEqual([178, 160, 233, 31, 118, 219]);
});

test('similar seeds give different streams, and a number is its text', () => {
  const streams = [1, 2, 3, '01', '11', ''].map((seed) => new SeededRandom(seed).word());
  expect(new Set(streams).size).toBe(streams.length);
  expect(new SeededRandom(7).word()).toBe(new SeededRandom('7').word());
  expect(new SeededRandom(7).seed).toBe('7');
});

test('a fork depends on the seed and the label, not on how much was drawn', () => {
  const early = new SeededRandom('a');
  const late = new SeededRandom('a');
  late.bytes(100);
  expect(early.fork('x').word()).toBe(late.fork('x').word());
  expect(early.fork('x').word()).not.toBe(early.fork('y').word());
  expect(early.fork('x').seed).toBe('a/x');
});

test('numbers are spread evenly over their range', () => {
  const random = new SeededRandom('spread');
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 100_000; draw += 1) counts[random.below(10)]! += 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  let sum = 0;
  for (let draw = 0; draw < 10_000; draw += 1) sum += random.next();
  expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.02);
});

test('bounds are kept, small and large', () => {
  const random = new SeededRandom('bounds');
  const large = 2 ** 53 - 1;
  let isAboveWord = false;
  for (let draw = 0; draw < 1000; draw += 1) {
    expect(random.below(1)).toBe(0);
    expect([3, 4, 5]).toContain(random.between(3, 5));
    const number = random.below(large);
    expect(Number.isSafeInteger(number) && number >= 0 && number < large).toBe(true);
    isAboveWord ||= number > 2 ** 52;
  }
  expect(isAboveWord).toBe(true);
  for (const bound of [0, -1, 0.5, Number.NaN, 2 ** 53])
    expect(() => random.below(bound)).toThrow(RangeError);
});

test('a chance of 0 never comes true and one of 1 always does', () => {
  const random = new SeededRandom('chance');
  const draws = Array.from({ length: 1000 }, () => [random.chance(0), random.chance(1), random.chance(0.25)]);
  expect(draws.some(([never]) => never)).toBe(false);
  expect(draws.every(([, always]) => always)).toBe(true);
  const quarter = draws.filter(([, , sometimes]) => sometimes).length;
  expect(Math.abs(quarter - 250)).toBeLessThan(60);
});

test('bytes have the length asked for and use every value', () => {
  const random = new SeededRandom('bytes');
  for (const count of [0, 1, 3, 4, 5, 1000]) expect(random.bytes(count)).toHaveLength(count);
  expect(new Set(random.bytes(10_000)).size).toBe(256);
});

test('picking reaches every element, and shuffling keeps them all', () => {
  const random = new SeededRandom('pick');
  const items = ['a', 'b', 'c'];
  expect(new Set(Array.from({ length: 100 }, () => random.pick(items))).size).toBe(3);
  expect(() => random.pick([])).toThrow(RangeError);
  const orders = new Set(Array.from({ length: 200 }, () => random.shuffle([...items]).join('')));
  expect(orders.size).toBe(6);
});
