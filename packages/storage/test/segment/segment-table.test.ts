/**
 * Proves that the table keeps log order and slots in step, gives every slot once, says when none is left, and shows
 * every thread what the others have added and removed.
 */
import { errorCode } from '@htkv/base';
import { expect, test } from 'vitest';

import { ControlMemory, controlBytes } from '../../src/control/shared-memory.ts';
import { SLOT_COUNT } from '../../src/format/geometry.ts';
import { SegmentState } from '../../src/format/manifest.ts';
import type { SegmentHeader } from '../../src/format/segment-header.ts';
import { SegmentTable } from '../../src/segment/segment-table.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';

/** The table of one more thread over `memory`. */
function newTable(memory: ArrayBuffer = new ArrayBuffer(controlBytes(1))): SegmentTable {
  return new SegmentTable(new MemoryFileSystem(), '/data', new ControlMemory(memory, 1));
}

function headerOf(segmentId: number, slot: number): SegmentHeader {
  return {
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
}

test('segments are in log order, and found by slot', () => {
  const table = newTable();
  const first = table.add(headerOf(8, 3), 0);
  const second = table.add(headerOf(9, 1), 0);
  expect(table.inOrder).toEqual([first, second]);
  expect([table.at(3), table.at(1), table.last]).toEqual([first, second, second]);
  table.removeLast();
  expect(table.last).toBe(first);
  expect(() => table.at(1)).toThrow('exists');
  expect(() => table.add(headerOf(10, 3), 0)).toThrow('one segment');
});

test('every slot is given once, and then none', () => {
  const table = newTable();
  table.add(headerOf(1, 5), 0);
  const given = new Set<number>([5]);
  for (let id = 2; id <= SLOT_COUNT; id += 1) {
    const slot = table.freeSlot();
    expect(given.has(slot)).toBe(false);
    given.add(slot);
    table.add(headerOf(id, slot), 0);
  }
  expect(given.size).toBe(SLOT_COUNT);
  let failure: unknown;
  try {
    table.freeSlot();
  } catch (error) {
    failure = error;
  }
  expect(errorCode(failure)).toBe('STORAGE_FULL');
  const last = table.last!.slot;
  table.removeLast();
  expect(table.freeSlot()).toBe(last);
});

test('a thread sees the segments that another one adds, fills, ends and removes', () => {
  const memory = new ArrayBuffer(controlBytes(1));
  const [one, other] = [newTable(memory), newTable(memory)];
  const segment = one.add(headerOf(8, 3), 77);
  expect([other.last?.segmentId, other.last?.path, other.last?.chain]).toEqual([8, segment.path, 77]);
  const seen = other.at(3);
  one.add(headerOf(9, 1), 0);
  expect(other.inOrder.map(({ segmentId, slot }) => [segmentId, slot])).toEqual([
    [8, 3],
    [9, 1],
  ]);
  expect(other.at(3)).toBe(seen);

  segment.extend({ bytes: 500, chain: 5, lastSequence: 4, recordCount: 3, deleteCount: 2 });
  expect([seen.bytes, seen.durableBytes, seen.chain]).toEqual([500, 128, 5]);
  expect([seen.lastSequence, seen.recordCount, seen.deleteCount]).toEqual([4, 3, 2]);
  seen.markDurable();
  seen.end(SegmentState.sealed);
  expect([segment.durableBytes, segment.state]).toEqual([500, SegmentState.sealed]);

  one.removeLast();
  expect(other.inOrder).toEqual([seen]);
  expect(() => other.at(1)).toThrow('exists');
  const renewed = other.add(headerOf(10, other.freeSlot()), 0);
  expect(one.last?.segmentId).toBe(10);
  expect(one.at(renewed.slot).segmentId).toBe(10);
});

test('a slot that has another segment by now is not taken for the old one', () => {
  const memory = new ArrayBuffer(controlBytes(1));
  const [one, other] = [newTable(memory), newTable(memory)];
  one.add(headerOf(8, 3), 0);
  expect(other.at(3).segmentId).toBe(8);
  one.removeLast();
  one.add(headerOf(9, 3), 0);
  expect(other.last?.segmentId).toBe(9);
  expect(other.at(3).segmentId).toBe(9);
});

test('a slot that another thread has given to another segment is that segment, also to who knew the one before', () => {
  const memory = new ArrayBuffer(controlBytes(1));
  const [one, other] = [newTable(memory), newTable(memory)];
  const before = other.add(headerOf(1, 4), 0);
  expect(one.at(4).segmentId).toBe(1);
  other.remove(before);
  other.add(headerOf(2, 4), 0);
  expect(one.at(4)).toMatchObject({ segmentId: 2, path: '/data/segment-0000000000000002' });
});
