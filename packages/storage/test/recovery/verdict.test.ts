/**
 * Proves the table of proofs: what each of them says about a bad byte before it and behind it, one proof at a time.
 */
import { CodedError } from '@htkv/base';
import { expect, test } from 'vitest';

import { ControlBlock } from '../../src/control/control-block.ts';
import { SEGMENT_FIELDS } from '../../src/control/shared-memory.ts';
import type { CommitTrailer } from '../../src/format/commit-trailer.ts';
import { encodeCommitTrailer } from '../../src/format/commit-trailer.ts';
import { encodeSegmentFooter } from '../../src/format/segment-footer.ts';
import { chainStart, encodeSegmentHeader, type SegmentHeader } from '../../src/format/segment-header.ts';
import { judgeTail, type TailVerdict } from '../../src/recovery/verdict.ts';
import { Segment } from '../../src/segment/segment.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { scanGroups, type CommittedGroup } from '../../src/segment/group-scanner.ts';

const header: SegmentHeader = {
  identity: { storeId: new Uint8Array(16).fill(1), salt: new Uint8Array(16).fill(2) },
  segmentId: 5,
  slot: 0,
  keyHashSeed: 0,
  predecessorId: 0,
  predecessorBytes: 0,
  predecessorChain: 0,
  firstSequence: 1,
  createdAt: 0,
};

const headerBytes = encodeSegmentHeader(header);
const block = ControlBlock.alone(SEGMENT_FIELDS);
Segment.describe(block, header, chainStart(headerBytes));
const segment = new Segment(new MemoryFileSystem(), '/data', header.slot, block);

/** Empty groups, each a trailer of 64 bytes, from byte 128 on; `durable` is what each of them promises. */
function logOf(durable: readonly Partial<CommitTrailer>[]): Uint8Array {
  const bytes = new Uint8Array(128 + durable.length * 64);
  bytes.set(headerBytes);
  durable.forEach((promise, index) => {
    const groupStart = 128 + index * 64;
    const chain = segment.chain;
    const trailer: CommitTrailer = {
      rewritten: false,
      recordCount: 0,
      groupStart,
      groupBytes: 0,
      chain,
      previousChain: chain,
      firstSequence: 1,
      lastSequence: 0,
      durableSegmentId: 5,
      durableBytes: 128,
      highestVersion: 0,
      ...promise,
    };
    encodeCommitTrailer(bytes, groupStart, trailer, segment.seed);
  });
  return bytes;
}

function judge(bytes: Uint8Array, manifestBytes = 128): TailVerdict {
  const groups: CommittedGroup[] = [];
  const end = scanGroups(bytes, segment.seed, 128, segment.chain, (group) => groups.push(group));
  return judgeTail(segment, bytes, manifestBytes, groups, end);
}

function refusalOf(bytes: Uint8Array, manifestBytes = 128): unknown {
  try {
    return judge(bytes, manifestBytes);
  } catch (error) {
    if (error instanceof CodedError) return [error.code, error.details['path'], error.details['offset']];
    throw error;
  }
}

const path = '/data/segment-0000000000000005';

test('without a proof behind it, a bad byte is a torn write', () => {
  const bytes = new Uint8Array([...logOf([{}, {}]), ...new Uint8Array(100).fill(9)]);
  expect(judge(bytes)).toEqual({ provenBytes: 128, tornBytes: 100 });
});

test('a log that ends with a whole group has nothing torn', () => {
  expect(judge(logOf([{}, { durableBytes: 192 }]))).toEqual({ provenBytes: 192, tornBytes: 0 });
});

test('what the manifest proves is there or the store is damaged', () => {
  const bytes = logOf([{}, {}]);
  expect(judge(bytes, 256)).toEqual({ provenBytes: 256, tornBytes: 0 });
  bytes[200]! ^= 1;
  expect(refusalOf(bytes, 256)).toEqual(['STORAGE_CORRUPT', path, 192]);
  expect(judge(bytes, 192)).toEqual({ provenBytes: 192, tornBytes: 64 });
  expect(refusalOf(bytes.slice(0, 128), 192)).toEqual(['STORAGE_CORRUPT', path, 128]);
});

test('a trailer behind the bad byte proves what it promises and no more', () => {
  const bytes = logOf([{}, {}, { durableBytes: 256 }]);
  expect(judge(bytes).provenBytes).toBe(256);
  const early = bytes.slice();
  early[200]! ^= 1;
  expect(refusalOf(early)).toEqual(['STORAGE_CORRUPT', path, 192]);
  const unproven = logOf([{}, {}, { durableBytes: 192 }]);
  unproven[200]! ^= 1;
  expect(judge(unproven)).toEqual({ provenBytes: 192, tornBytes: 128 });
});

test('a trailer that speaks of another segment proves nothing here', () => {
  const bytes = logOf([{}, { durableSegmentId: 4, durableBytes: 10_000 }]);
  expect(judge(bytes)).toEqual({ provenBytes: 128, tornBytes: 0 });
});

test('a footer proves everything before it, and is no torn write', () => {
  const body = logOf([{}, {}]);
  const footer = encodeSegmentFooter(
    {
      segmentId: 5,
      bodyBytes: body.length,
      chain: segment.chain,
      firstSequence: 1,
      lastSequence: 0,
      highestVersion: 0,
      recordCount: 0,
      deleteCount: 0,
      sections: [],
    },
    segment.seed,
  );
  const bytes = new Uint8Array([...body, ...footer]);
  expect(judge(bytes)).toEqual({ provenBytes: body.length, tornBytes: 0 });
  const damaged = bytes.slice();
  damaged[200]! ^= 1;
  expect(refusalOf(damaged)).toEqual(['STORAGE_CORRUPT', path, 192]);
  const torn = bytes.slice(0, -1);
  expect(judge(torn)).toEqual({ provenBytes: 128, tornBytes: 127 });
});
