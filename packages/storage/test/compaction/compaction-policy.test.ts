/** Proves what compaction picks, what it may forget, and when writers wait for it. */
import { expect, test } from 'vitest';

import {
  chooseVictim,
  forgettableAt,
  isOverBound,
  type CompactableSegment,
} from '../../src/compaction/compaction-policy.ts';
import { SegmentState } from '../../src/format/manifest.ts';
import { RecordType, type RecordHead } from '../../src/format/record.ts';

function segment(
  segmentId: number,
  garbageBytes: number,
  more: Partial<CompactableSegment> = {},
): CompactableSegment {
  return { segmentId, garbageBytes, state: SegmentState.sealed, bytes: 1128, deleteCount: 0, ...more };
}

const head: RecordHead = {
  type: RecordType.set,
  keyBytes: 1,
  valueBytes: 1,
  keyHash: 1,
  previous: 0,
  sequence: 1,
  version: 1,
  timestamp: 1000,
  expiresAt: undefined,
  separated: false,
};

test('the segment with the largest share of garbage is the next one', () => {
  const segments = [segment(1, 500), segment(2, 800), segment(3, 700)];
  expect(chooseVictim(segments, 0.5, false)?.segmentId).toBe(2);
});

test('what has less garbage than asked for is left alone, and so is what is written to', () => {
  const segments = [segment(1, 499), segment(2, 1000, { state: SegmentState.active })];
  expect(chooseVictim(segments, 0.5, false)).toBeUndefined();
});

test('deletions are garbage in the oldest segment, and only if they may be forgotten', () => {
  const deletes = { deleteCount: 20 };
  expect(chooseVictim([segment(1, 0, deletes), segment(2, 0, deletes)], 0.5, true)?.segmentId).toBe(1);
  expect(chooseVictim([segment(1, 0), segment(2, 0, deletes)], 0.5, true)).toBeUndefined();
  expect(chooseVictim([segment(1, 0, deletes)], 0.5, false)).toBeUndefined();
});

test('a segment without records is all garbage', () => {
  expect(chooseVictim([segment(1, 0, { bytes: 128 })], 0.9, false)?.segmentId).toBe(1);
});

test('the log may be twice what is live and two segments more, besides the one that fills up', () => {
  const live = segment(1, 0, { bytes: 1000 });
  const dead = (bytes: number): CompactableSegment => segment(2, bytes, { bytes });
  expect(isOverBound([live, dead(1200)], 0, 100)).toBe(false);
  expect(isOverBound([live, dead(1201)], 0, 100)).toBe(true);
  expect(isOverBound([live, dead(1200)], 1, 100)).toBe(true);
});

test('a deletion is remembered for the grace, an entry that has expired from its deadline on, others for ever', () => {
  expect(forgettableAt({ ...head, type: RecordType.delete }, 500)).toBe(1500);
  expect(forgettableAt({ ...head, expiresAt: 3000 }, 500)).toBe(3500);
  expect(forgettableAt(head, 500)).toBeUndefined();
});
