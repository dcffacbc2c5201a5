/** Proves how far back a manifest says that its log goes, and what is taken for that where it does not say. */
import { expect, test } from 'vitest';

import { compactedSequenceOf } from '../../src/feed/compacted-sequence.ts';
import { SegmentState, type ManifestEntry } from '../../src/format/manifest.ts';

function segments(...ranges: readonly (readonly [first: number, last: number])[]): ManifestEntry[] {
  return ranges.map(([firstSequence, lastSequence], index) => ({
    segmentId: index + 1,
    slot: index,
    state: SegmentState.sealed,
    bytes: 128,
    chain: 0,
    firstSequence,
    lastSequence,
    recordCount: 1,
    deleteCount: 0,
  }));
}

test('a store without a manifest has its whole past', () => {
  expect(compactedSequenceOf(undefined)).toBe(0);
});

test('what the manifest says counts, whatever its segments look like', () => {
  expect(compactedSequenceOf({ historyFrom: 8, segments: segments([50, 60]), lastSequence: 60 })).toBe(7);
  expect(compactedSequenceOf({ historyFrom: 1, segments: segments([50, 60]), lastSequence: 60 })).toBe(0);
});

test.for([
  ['nothing', [], 0, 0],
  ['nothing any more', [], 9, 9],
  [
    'everything',
    [
      [1, 4],
      [5, 9],
    ],
    9,
    0,
  ],
  [
    'an empty segment at the end',
    [
      [1, 4],
      [5, 4],
    ],
    4,
    0,
  ],
  ['the first segment missing', [[5, 9]], 9, 4],
  [
    'a segment missing between',
    [
      [1, 4],
      [10, 12],
    ],
    12,
    9,
  ],
  [
    'two of them',
    [
      [1, 4],
      [10, 12],
      [20, 22],
    ],
    22,
    19,
  ],
  ['the last one missing', [[1, 4]], 9, 9],
  [
    'only copies in one',
    [
      [1, 4],
      [5, 4],
      [5, 7],
    ],
    7,
    0,
  ],
] as const)('where it does not say: %s', ([, ranges, lastSequence, compacted]) => {
  expect(compactedSequenceOf({ historyFrom: 0, segments: segments(...ranges), lastSequence })).toBe(
    compacted,
  );
});
