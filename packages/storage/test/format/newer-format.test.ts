/**
 * Proves that the rules for versions and features hold from the first version on, with stores as a newer version might
 * write them: another major and unknown incompatible features are refused by name, unknown read-only-compatible
 * features can be read, and a newer minor and unknown compatible features are no matter.
 */
import { errorCode, utf8 } from '@htkv/base';
import { beforeEach, describe, expect, test } from 'vitest';

import { crc32 } from '../../src/checksum/crc32.ts';
import { COMMIT_TRAILER_BYTES, encodeCommitTrailer } from '../../src/format/commit-trailer.ts';
import { fileHeaderLayout, sealHeader } from '../../src/format/file-header.ts';
import { LayoutView } from '../../src/format/layout.ts';
import { manifestLayout } from '../../src/format/manifest.ts';
import {
  chainStart,
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentSeed,
} from '../../src/format/segment-header.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { scanGroups, type CommittedGroup } from '../../src/segment/group-scanner.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const manifestPath = `${DIRECTORY}/manifest-0000000000000002`;
const segmentPath = `${DIRECTORY}/segment-0000000000000001`;

type HeaderField = keyof typeof fileHeaderLayout.fields;

let memory: MemoryFileSystem;

/** A store of one segment with one group, that was not closed. */
beforeEach(() => {
  memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.apply([{ type: 'set', key: utf8('key'), value: utf8('value'), version: 1, timestamp: 0 }]);
  store.commit(true);
  memory = memory.killed();
});

function patchManifest(
  patch: (view: LayoutView<keyof typeof manifestLayout.fields>, bytes: Uint8Array) => void,
): void {
  const bytes = memory.bytesOf(manifestPath);
  patch(new LayoutView(manifestLayout, bytes), bytes);
  sealHeader(bytes.subarray(0, manifestLayout.totalBytes));
  const checksum = crc32(bytes.subarray(0, -4));
  new DataView(bytes.buffer).setUint32(bytes.length - 4, checksum, true);
  memory.replaceDurable(manifestPath, bytes);
}

function patchManifestHeader(field: HeaderField, value: number): void {
  patchManifest((_, bytes) => new LayoutView(fileHeaderLayout, bytes).set(field, value));
}

/** Changes the header of the segment, and its group, whose chain begins with the header. */
function patchSegmentHeader(field: HeaderField, value: number): void {
  const bytes = memory.bytesOf(segmentPath);
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') throw new Error('expected a whole header');
  const seed = segmentSeed(reading.header);
  const groups: CommittedGroup[] = [];
  scanGroups(bytes, seed, SEGMENT_HEADER_BYTES, chainStart(bytes), (group) => groups.push(group));
  new LayoutView(fileHeaderLayout, bytes).set(field, value);
  const previousChain = sealHeader(bytes.subarray(0, SEGMENT_HEADER_BYTES));
  const { trailer, end } = groups[0]!;
  const at = end - COMMIT_TRAILER_BYTES;
  const chain = crc32(bytes.subarray(SEGMENT_HEADER_BYTES, at), previousChain);
  encodeCommitTrailer(bytes, at, { ...trailer, previousChain, chain }, seed);
  memory.replaceDurable(segmentPath, bytes);
}

function failureOf(readOnly: boolean): unknown {
  try {
    openTrialStore({ fileSystem: memory, readOnly });
    return undefined;
  } catch (error) {
    return error;
  }
}

function isWhole(readOnly: boolean): boolean {
  return openTrialStore({ fileSystem: memory, readOnly }).read(utf8('key'))?.version === 1;
}

describe.for([
  ['the manifest', patchManifestHeader],
  ['a segment', patchSegmentHeader],
] as const)('in %s', ([, patch]) => {
  test('another major version is refused by name', () => {
    patch('formatMajor', 2);
    for (const readOnly of [true, false]) {
      expect(failureOf(readOnly)).toMatchObject({
        code: 'STORAGE_FORMAT_UNSUPPORTED',
        details: { expected: '1.0', found: '2.0' },
      });
    }
    expect(memory.lockCount).toBe(0);
  });

  test('unknown incompatible features are refused', () => {
    patch('featuresIncompatible', 0x80000001);
    expect(failureOf(true)).toMatchObject({
      code: 'STORAGE_FORMAT_UNSUPPORTED',
      details: { features: 0x80000001 },
    });
    expect(String(failureOf(false))).toContain('0x80000001');
  });

  test('a newer minor version is read and written', () => {
    patch('formatMinor', 7);
    expect(isWhole(true)).toBe(true);
    expect(isWhole(false)).toBe(true);
  });

  test('unknown compatible features are ignored', () => {
    patch('featuresCompatible', 0xffffffff);
    expect(isWhole(true)).toBe(true);
    expect(isWhole(false)).toBe(true);
  });
});

test('unknown read-only-compatible features let a store be read and not written', () => {
  patchSegmentHeader('featuresReadOnlyCompatible', 4);
  patchManifestHeader('featuresReadOnlyCompatible', 4);
  const before = memory.list(DIRECTORY);
  expect(isWhole(true)).toBe(true);
  expect(errorCode(failureOf(false))).toBe('STORAGE_FORMAT_UNSUPPORTED');
  expect(memory.list(DIRECTORY)).toEqual(before);
  expect(memory.lockCount).toBe(0);
});

test.for(['unitLog2', 'pageLog2', 'slotLog2'] as const)('another %s is refused', (field) => {
  patchManifest((view) => view.set(field, 27));
  expect(errorCode(failureOf(true))).toBe('STORAGE_FORMAT_UNSUPPORTED');
});

test('a header that is only damaged is not taken for a newer version', () => {
  memory.corrupt(manifestPath, 8, 2);
  expect(errorCode(failureOf(false))).toBe('STORAGE_CORRUPT');
});
