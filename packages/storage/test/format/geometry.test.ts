/**
 * Proves that sizes fit each other: a page takes the longest record, units count in 16 bits, slots fill the address
 * space.
 */
import { expect, test } from 'vitest';

import {
  alignToUnit,
  inlineValueBytesMax,
  PAGE_LOG2_MAX,
  PAGE_LOG2_MIN,
  PAGES_MIN,
  pageLog2For,
  SLOT_BYTES,
  SLOT_COUNT,
  UNIT_BYTES,
} from '../../src/format/geometry.ts';
import { recordBytes } from '../../src/format/record.ts';

const plenty = 2 ** 40;

test('a page is as long as a segment, and as memory for a few allows, within its limits', () => {
  expect(
    [4096, 2 ** 17, 2 ** 17 + 1, 2 ** 19, 2 ** 20, 2 ** 26].map((bytes) => pageLog2For(bytes, plenty)),
  ).toEqual([17, 17, 18, 19, 20, 20]);
  expect(
    [1, PAGES_MIN * 2 ** 18, PAGES_MIN * 2 ** 19 - 1].map((budget) => pageLog2For(2 ** 26, budget)),
  ).toEqual([17, 18, 18]);
});

test('the longest record fits every page, and its size in units fits 16 bits', () => {
  for (let pageLog2 = PAGE_LOG2_MIN; pageLog2 <= PAGE_LOG2_MAX; pageLog2 += 1) {
    const longest = recordBytes(65_535, inlineValueBytesMax(pageLog2), true, false);
    expect(longest).toBeLessThan(2 ** pageLog2);
    expect(longest / UNIT_BYTES).toBeLessThan(2 ** 16);
    // What is left of a page behind the shortest item is filled by one pad.
    expect(2 ** pageLog2 / UNIT_BYTES - 1).toBeLessThan(2 ** 16);
  }
});

test('slots of units fill 32 bits', () => {
  expect((SLOT_BYTES / UNIT_BYTES) * SLOT_COUNT).toBe(2 ** 32);
});

test('sizes are rounded up to whole units', () => {
  expect([0, 1, 15, 16, 17].map(alignToUnit)).toEqual([0, 16, 16, 16, 32]);
});
