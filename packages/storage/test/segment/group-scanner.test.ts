/**
 * Proves that a scan goes as far as the chain holds and not a byte further, that it says where and why it stopped, and
 * that trailers behind the end are found.
 */
import { expect, test } from 'vitest';

import { COMMIT_TRAILER_BYTES } from '../../src/format/commit-trailer.ts';
import { RecordType } from '../../src/format/record.ts';
import {
  chainStart,
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentSeed,
} from '../../src/format/segment-header.ts';
import {
  findTrailers,
  scanGroups,
  type CommittedGroup,
  type ScanEnd,
} from '../../src/segment/group-scanner.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';
import { KEYS } from '../write-history.ts';

/** A segment of three groups: one record; two records that cross into the next page; one delete. */
function segment(): Uint8Array {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 20 });
  const set = (index: number, bytes: number): void => {
    const version = store.progress.lastSequence + 1;
    store.apply([
      { type: 'set', key: KEYS[index]!, value: new Uint8Array(bytes).fill(7), version, timestamp: 0 },
    ]);
  };
  set(4, 100);
  store.commit(true);
  for (let index = 5; index < 10; index += 1) set(index, 30_000);
  store.commit(true);
  store.apply([{ type: 'delete', key: KEYS[4]!, version: 9, timestamp: 0 }]);
  store.commit(true);
  return memory.bytesOf(`${DIRECTORY}/segment-0000000000000001`);
}

const original = segment();
const seed = ((): number => {
  const reading = decodeSegmentHeader(original);
  if (reading.kind === 'damaged') throw new Error('expected a whole header');
  return segmentSeed(reading.header);
})();

function scan(bytes: Uint8Array): { end: ScanEnd; groups: CommittedGroup[] } {
  const groups: CommittedGroup[] = [];
  const end = scanGroups(bytes, seed, SEGMENT_HEADER_BYTES, chainStart(original), (group) =>
    groups.push(group),
  );
  return { end, groups };
}

const whole = scan(original);
const ends = whole.groups.map(({ end }) => end);

test('a whole segment is read to its end', () => {
  expect(whole.end).toMatchObject({ kind: 'complete', end: original.length });
  expect(whole.groups.map(({ records }) => records.length)).toEqual([1, 5, 1]);
  expect(whole.groups.map(({ trailer }) => trailer.durableBytes)).toEqual([128, ends[0], ends[1]]);
  expect(whole.end.chain).toBe(whole.groups.at(-1)!.trailer.chain);
  // A page of 128 KiB takes four such records.
  const pages = whole.groups[1]!.records.map((offset) => offset >>> 17);
  expect(pages).toEqual([0, 0, 0, 0, 1]);
});

test('a change anywhere in a group ends the scan before it', () => {
  const starts = [SEGMENT_HEADER_BYTES, ...ends];
  for (const [index, end] of ends.entries()) {
    for (const offset of [
      starts[index]!,
      (starts[index]! + end) >>> 1,
      end - COMMIT_TRAILER_BYTES,
      end - 1,
    ]) {
      const bytes = original.slice();
      bytes[offset]! ^= 0x40;
      const { end: stopped, groups } = scan(bytes);
      expect(stopped, `byte ${offset}`).toMatchObject({ kind: 'bad', end: starts[index] });
      expect(groups).toHaveLength(index);
    }
  }
});

test('a cut ends the scan at the last whole group', () => {
  for (const length of [
    128,
    129,
    143,
    144,
    ends[0]! - 1,
    ends[0]!,
    ends[0]! + 8,
    ends[1]! - 16,
    original.length - 1,
  ]) {
    const { end } = scan(original.slice(0, length));
    const expected = [128, ...ends].findLast((each) => each <= length);
    expect(end.end, `${length} bytes`).toBe(expected);
  }
});

test.for([
  ['zeros', 0, 'a record', 'a place that was not written'],
  ['an item beyond the end', 0xffff, '1048560 bytes of a record', 'the end of the file'],
  ['an item of another type', (9 << 16) | 1, 'a record', 'an item of type 9'],
  [
    'a record without room for its head',
    (RecordType.set << 16) | 1,
    'a record',
    'lengths that contradict each other',
  ],
  [
    'a trailer without its bytes',
    (RecordType.commit << 16) | 1,
    'a commit trailer',
    'one that does not match its checksum',
  ],
] as const)('%s behind the last group end the scan there', ([, word, expected, actual]) => {
  const bytes = new Uint8Array(original.length + 16);
  bytes.set(original);
  new DataView(bytes.buffer).setUint32(original.length, word, true);
  expect(scan(bytes).end).toEqual({
    kind: 'bad',
    end: original.length,
    chain: whole.end.chain,
    expected,
    actual,
  });
});

test('a group that is right in itself and continues another chain is not taken', () => {
  // Without the second group the third does not follow.
  const bytes = new Uint8Array([...original.subarray(0, ends[0]), ...original.subarray(ends[1])]);
  expect(scan(bytes).end).toMatchObject({ kind: 'bad', end: ends[0] });
});

test('another segment with the same bytes is read as nothing', () => {
  const end = scanGroups(original, seed ^ 1, SEGMENT_HEADER_BYTES, chainStart(original), () => {});
  expect(end).toMatchObject({ kind: 'bad', end: SEGMENT_HEADER_BYTES });
});

test('trailers behind a bad byte are found, wherever they are', () => {
  const bytes = original.slice();
  bytes[SEGMENT_HEADER_BYTES + 60]! ^= 1;
  const { end } = scan(bytes);
  expect(end.end).toBe(SEGMENT_HEADER_BYTES);
  expect(findTrailers(bytes, seed, end.end).map(({ groupStart }) => groupStart)).toEqual([
    128,
    ...ends.slice(0, -1),
  ]);
  expect(findTrailers(bytes, seed, ends[0]!)).toHaveLength(2);
  expect(findTrailers(bytes, seed ^ 1, 0)).toEqual([]);
});
