/**
 * Proves that a store gets along with less address space for its index than it asks for, and says so when it cannot,
 * by an allocator that refuses large pieces.
 */
import { expect, test } from 'vitest';

import { PAGE_LOG2_MIN, PAGES_MIN } from '../../src/format/geometry.ts';
import { planMemory, type Allocate } from '../../src/memory/memory-plan.ts';

function allocatorUpTo(limit: number): Allocate {
  return (bytes) => {
    if (bytes > limit) throw new RangeError('Array buffer allocation failed');
    return new ArrayBuffer(bytes);
  };
}

test('the index gets the largest half, quarter and so on that the system gives', () => {
  const memory = planMemory(allocatorUpTo(2 ** 28), PAGE_LOG2_MIN, 1, 2 ** 30);
  expect(memory.index.byteLength).toBe(2 ** 28);
  expect(memory.ring.byteLength).toBe(PAGES_MIN * 2 ** PAGE_LOG2_MIN);
});

test('a system that gives too little is an error', () => {
  expect(() => planMemory(allocatorUpTo(2 ** 24), PAGE_LOG2_MIN, 1, 2 ** 30)).toThrow(
    expect.objectContaining({ code: 'STORAGE_NO_MEMORY' }),
  );
});
