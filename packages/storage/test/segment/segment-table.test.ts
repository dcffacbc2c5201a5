/**
 * Proves that the table keeps log order and slots in step, gives every slot once, and says when none is left.
 */
import { errorCode } from '@htkv/base';
import { expect, test } from 'vitest';

import { SLOT_COUNT } from '../../src/format/geometry.ts';
import type { SegmentHeader } from '../../src/format/segment-header.ts';
import { SegmentTable } from '../../src/segment/segment-table.ts';
import { Segment } from '../../src/segment/segment.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';

function newSegment(segmentId: number, slot: number): Segment {
  const header: SegmentHeader = {
    identity: { storeId: new Uint8Array(16), salt: new Uint8Array(16) },
    segmentId,
    slot,
    keyHashSeed: 0,
    predecessorId: 0,
    predecessorBytes: 0,
    predecessorChain: 0,
    firstSequence: 1,
    createdAt: 0,
  };
  return new Segment(new MemoryFileSystem(), '/data', header, 0);
}

test('segments are in log order, and found by slot', () => {
  const table = new SegmentTable(1);
  const [first, second] = [newSegment(8, 3), newSegment(9, 1)];
  table.add(first);
  table.add(second);
  expect(table.inOrder).toEqual([first, second]);
  expect([table.at(3), table.at(1), table.last]).toEqual([first, second, second]);
  table.removeLast();
  expect(table.last).toBe(first);
  expect(() => table.at(1)).toThrow('exists');
  expect(() => table.add(newSegment(10, 3))).toThrow('one segment');
});

test('every slot is given once, and then none', () => {
  const table = new SegmentTable(1);
  table.add(newSegment(1, 5));
  const given = new Set<number>([5]);
  for (let id = 2; id <= SLOT_COUNT; id += 1) {
    const slot = table.freeSlot();
    expect(given.has(slot)).toBe(false);
    given.add(slot);
    table.add(newSegment(id, slot));
  }
  expect(given.size).toBe(SLOT_COUNT);
  let failure: unknown;
  try {
    table.freeSlot();
  } catch (error) {
    failure = error;
  }
  expect(errorCode(failure)).toBe('STORAGE_FULL');
  const last = table.last!.header.slot;
  table.removeLast();
  expect(table.freeSlot()).toBe(last);
});
