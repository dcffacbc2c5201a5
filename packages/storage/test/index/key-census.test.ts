/**
 * Proves that the census counts deletes and deadlines that have come, as records become the newest and cease to be.
 */
import { expect, test } from 'vitest';

import { KeyCensus } from '../../src/index/key-census.ts';

test('it counts what is not simply live', () => {
  const census = new KeyCensus();
  census.enter(1, true, undefined);
  census.enter(2, false, 100);
  census.enter(3, false, 200);
  census.enter(4, false, undefined);
  expect(census.deletes).toBe(1);
  expect([99, 100, 199, 200].map((now) => census.expired(now))).toEqual([0, 1, 1, 2]);
  census.leave(1);
  census.leave(3);
  census.leave(4);
  expect(census.deletes).toBe(0);
  expect(census.expired(1000)).toBe(1);
});

test('a delete has no deadline, whatever its record says', () => {
  const census = new KeyCensus();
  census.enter(1, true, 100);
  expect([census.deletes, census.expired(1000)]).toEqual([1, 0]);
});
