/**
 * Proves that the memory of a store is what was asked for, with enough frames to work, and a place in the table for
 * every page of the address space.
 */
import { expect, test } from 'vitest';

import { PAGES_MIN } from '../../src/format/geometry.ts';
import { planMemory } from '../../src/memory/memory-plan.ts';

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);

test('a small budget is stretched to the fewest frames, a larger one is used up', () => {
  expect(planMemory(allocate, 17, 1, 1024).ring.byteLength).toBe(PAGES_MIN * 2 ** 17);
  expect(planMemory(allocate, 17, 20.5 * 2 ** 17, 1024).ring.byteLength).toBe(20 * 2 ** 17);
});

test('each page of 64 GiB has its place in the table', () => {
  expect(planMemory(allocate, 20, 1, 4096).pageTable.length).toBe(2 ** 36 / 2 ** 20);
  expect(planMemory(allocate, 17, 1, 4096).pageTable.length).toBe(2 ** 36 / 2 ** 17);
  expect(planMemory(allocate, 20, 1, 4096).index.byteLength).toBe(4096);
});

test('the order of the keys gets what it may take, and nothing where there is none', () => {
  const ordered = (bytes: number): number => planMemory(allocate, 17, 1, 4096, bytes).ordered.byteLength;
  expect([0, 1, 4096, 2 ** 20].map(ordered)).toEqual([0, 4096, 4096, 2 ** 20]);
});
