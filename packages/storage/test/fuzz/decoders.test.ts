/**
 * Proves that arbitrary bytes do no harm: each decoder, given noise and mutated structures with and without right
 * checksums, gives a value, says what is wrong, or refuses with the documented code, without looking outside of what it
 * was given. What it accepts is sound enough to go on with.
 *
 * `HTKV_FUZZ` asks for another number of inputs for each decoder.
 */
import { CodedError } from '@htkv/base';
import { expect, test } from 'vitest';

import { crc32 } from '../../src/checksum/crc32.ts';
import {
  checkCheckpointBlock,
  checkpointCellsBytes,
  checkpointSeed,
  decodeCheckpointHeader,
  decodeCheckpointSegments,
} from '../../src/format/checkpoint.ts';
import { COMMIT_TRAILER_BYTES, decodeCommitTrailer } from '../../src/format/commit-trailer.ts';
import { decodeBloomFilter } from '../../src/format/bloom-filter.ts';
import { decodeFileHeader, FileKind } from '../../src/format/file-header.ts';
import { decodeManifest } from '../../src/format/manifest.ts';
import {
  checkRecord,
  decodeRecordHead,
  itemBytes,
  recordKey,
  recordPointer,
  recordValue,
} from '../../src/format/record.ts';
import { decodeSegmentFooter } from '../../src/format/segment-footer.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../../src/format/segment-header.ts';
import {
  decodeSparseIndexHeader,
  decodeSparseLevel,
  offsetsIn,
  sparseLevelBytes,
} from '../../src/format/sparse-index.ts';
import { decodeValueHeader } from '../../src/format/value-header.ts';
import { findTrailers, scanGroups, type CommittedGroup } from '../../src/segment/group-scanner.ts';
import { SeededRandom } from '../../src/testing/index.ts';
import { formatSeeds, trailerSeed } from './format-seeds.ts';
import { decodeGuarded } from './guarded-bytes.ts';
import { fuzzedBytes, type FuzzSeed } from './mutated-bytes.ts';

const inputs = Number(process.env['HTKV_FUZZ'] ?? 4000);

const seeds = formatSeeds();
const trailer = trailerSeed(seeds);

/** Runs a decoder on many inputs; how often it accepted one. */
function fuzz(name: string, from: readonly FuzzSeed[], decode: (bytes: Uint8Array) => unknown): number {
  let accepted = 0;
  for (let input = 0; input < inputs; input += 1) {
    const random = new SeededRandom(`${name} ${input}`);
    const bytes = fuzzedBytes(random, from);
    try {
      const result = decodeGuarded(bytes, decode);
      if (result !== undefined && (result as { kind?: string }).kind !== 'damaged') accepted += 1;
    } catch (error) {
      const isRefusal = error instanceof CodedError && error.code === 'STORAGE_FORMAT_UNSUPPORTED';
      if (!isRefusal) throw new Error(`input ${input} of ${name}`, { cause: error });
    }
  }
  return accepted;
}

test('the header of a file', () => {
  const accepted = fuzz('file header', [seeds.segmentHeader], (bytes) =>
    decodeFileHeader(bytes, FileKind.segment, SEGMENT_HEADER_BYTES),
  );
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('the header of a segment', () => {
  expect(fuzz('segment header', [seeds.segmentHeader], decodeSegmentHeader)).toBeGreaterThan(inputs / 20);
});

test('the header of a value', () => {
  expect(fuzz('value header', [seeds.valueHeader], decodeValueHeader)).toBeGreaterThan(inputs / 20);
});

test('a manifest', () => {
  const accepted = fuzz('manifest', [seeds.manifest], (bytes) => {
    const reading = decodeManifest(bytes);
    // However many segments it claims, no more than its bytes hold are made of it.
    if (reading.kind === 'ok') expect(reading.manifest.segments.length * 48).toBeLessThan(bytes.length);
    return reading;
  });
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('a checkpoint, and what it says of its own length', () => {
  const accepted = fuzz('checkpoint', [seeds.checkpoint], (bytes) => {
    const reading = decodeCheckpointHeader(bytes, bytes.length);
    if (reading.kind === 'damaged') return reading;
    const { cellCount, segmentCount, checkpointId, identity, segmentsChecksum } = reading.header;
    // However many cells and segments it claims, no more than its bytes hold are made of it.
    expect(cellCount * 8 + segmentCount * 32).toBeLessThan(bytes.length);
    const seed = checkpointSeed(identity, checkpointId);
    const segments = bytes.subarray(256 + checkpointCellsBytes(cellCount));
    return (
      checkCheckpointBlock(bytes.subarray(256, bytes.length - segments.length), seed, 0) &&
      decodeCheckpointSegments(segments, seed, segmentsChecksum)
    );
  });
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('the footer of a segment', () => {
  const accepted = fuzz('footer', [seeds.footer], (bytes) => decodeSegmentFooter(bytes, seeds.seed));
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('the Bloom filter of a segment', () => {
  const accepted = fuzz('Bloom filter', [seeds.bloomFilter], (bytes) => {
    const filter = decodeBloomFilter(bytes);
    // Whatever is in it, it answers for any hash.
    for (const hash of [0, 1, 2 ** 31, 2 ** 32 - 1]) expect(filter?.mayHold(hash)).not.toBeNull();
    return filter;
  });
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('the sparse index of a segment', () => {
  const accepted = fuzz('sparse index', [seeds.sparseIndex], (bytes) => {
    const header = decodeSparseIndexHeader(bytes, bytes.length);
    if (header === undefined) return undefined;
    const level = decodeSparseLevel(
      header,
      bytes.subarray(0, sparseLevelBytes(header.blockCount)),
      seeds.seed,
    );
    if (level === undefined) return undefined;
    // Every block that it can be asked for lies in the section, and says which records to look at.
    for (const hash of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      const block = level.lastBlockFor(hash);
      if (block < 0) continue;
      const { offset, bytes: length } = level.extentOf(block);
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      for (const at of offsetsIn(bytes.subarray(offset, offset + length), hash)) {
        expect(at).toBeGreaterThanOrEqual(0);
      }
    }
    return level;
  });
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('the trailer of a group', () => {
  const accepted = fuzz('trailer', [trailer], (bytes) =>
    decodeCommitTrailer(bytes, 0, trailer.position, seeds.seed),
  );
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('the head of a record, and what it says of its key and value', () => {
  const record = seeds.segment.slice(SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES + 200);
  const accepted = fuzz('record', [{ bytes: record, mend: () => {} }], (bytes) => {
    if (bytes.length < 48) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = itemBytes(view, 0);
    // Whoever reads a record has all of it, as its first word says.
    if (length > bytes.length) return undefined;
    const head = decodeRecordHead(view, 0);
    if (head === undefined) return undefined;
    const key = recordKey(bytes, 0, head);
    expect(key.length).toBe(head.keyBytes);
    if (head.separated) return [head, recordPointer(view, 0, head)];
    expect(recordValue(bytes, 0, head).length).toBe(head.valueBytes);
    return [head, key, checkRecord(bytes, view, length, seeds.seed, SEGMENT_HEADER_BYTES)];
  });
  expect(accepted).toBeGreaterThan(inputs / 20);
});

test('a log of groups', () => {
  const groupEnds: number[] = [];
  scanGroups(seeds.segment, seeds.seed, SEGMENT_HEADER_BYTES, seeds.chain, ({ end }) => groupEnds.push(end));
  expect(groupEnds.length).toBeGreaterThan(3);
  const log = seeds.segment.slice(0, groupEnds.at(-1));

  /** Makes the first group fit its bytes again: chain and trailer. */
  const mend = (bytes: Uint8Array): void => {
    const at = groupEnds[0]! - COMMIT_TRAILER_BYTES;
    if (bytes.length < groupEnds[0]!) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setUint32(at + 16, crc32(bytes.subarray(SEGMENT_HEADER_BYTES, at), seeds.chain), true);
    view.setUint32(at + 12, 0, true);
    const own = bytes.subarray(at, at + COMMIT_TRAILER_BYTES);
    view.setUint32(at + 12, crc32(own, (seeds.seed ^ (at / 16)) >>> 0), true);
  };
  const accepted = fuzz('log', [{ bytes: log, mend }], (bytes) => {
    const groups: CommittedGroup[] = [];
    const end = scanGroups(bytes, seeds.seed, SEGMENT_HEADER_BYTES, seeds.chain, (group) =>
      groups.push(group),
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const group of groups) {
      expect(group.end).toBeLessThanOrEqual(bytes.length);
      // Every record of a group that checks out can be read without another look.
      for (const offset of group.records) {
        const head = decodeRecordHead(view, offset)!;
        expect(recordKey(bytes, offset, head).length).toBe(head.keyBytes);
        expect(offset + itemBytes(view, offset)).toBeLessThanOrEqual(group.end);
      }
    }
    expect(end.end).toBe(groups.at(-1)?.end ?? SEGMENT_HEADER_BYTES);
    const trailers = findTrailers(bytes, seeds.seed, SEGMENT_HEADER_BYTES);
    expect(trailers.length).toBeGreaterThanOrEqual(groups.length);
    return groups.length === 0 ? undefined : end;
  });
  expect(accepted).toBeGreaterThan(inputs / 20);
});
