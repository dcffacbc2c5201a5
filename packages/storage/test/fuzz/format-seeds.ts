/**
 * One valid example of every structure of the format, from the files of a real store, and how to mend each.
 */
import { crc32 } from '../../src/checksum/crc32.ts';
import { COMMIT_TRAILER_BYTES } from '../../src/format/commit-trailer.ts';
import { sealHeader } from '../../src/format/file-header.ts';
import { decodeSegmentFooter, SEGMENT_FOOTER_BYTES } from '../../src/format/segment-footer.ts';
import {
  chainStart,
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentSeed,
} from '../../src/format/segment-header.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';
import { KEYS, valueOf } from '../write-history.ts';
import type { FuzzSeed } from './mutated-bytes.ts';

export interface FormatSeeds {
  readonly seed: number;
  /** Chain value of the segment's header. */
  readonly chain: number;
  /** A sealed segment; its groups start at 128. */
  readonly segment: Uint8Array;
  readonly segmentHeader: FuzzSeed;
  readonly manifest: FuzzSeed;
  readonly valueHeader: FuzzSeed;
  readonly footer: FuzzSeed;
  readonly bloomFilter: FuzzSeed;
  readonly sparseIndex: FuzzSeed;
  /** A whole checkpoint, whose header is mended. */
  readonly checkpoint: FuzzSeed;
}

export function formatSeeds(): FormatSeeds {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  const lengths = [10, 0, 500, 40_000, 100, 2500, 800];
  lengths.forEach((length, index) => {
    const version = index + 1;
    const expiresAt = index % 2 === 0 ? 1000 : undefined;
    store.apply([
      {
        type: 'set',
        key: KEYS[index + 2]!,
        value: valueOf(version, length),
        version,
        timestamp: 5,
        expiresAt,
      },
      { type: 'delete', key: KEYS[index]!, version, timestamp: 5 },
    ]);
    store.commit(true);
  });
  const run = store.beginCheckpoint();
  while (!run.step());
  store.close();
  const file = (kind: string): Uint8Array => {
    const name = memory.list(DIRECTORY).find((each) => each.startsWith(kind))!;
    return memory.bytesOf(`${DIRECTORY}/${name}`);
  };
  const segment = file('segment-');
  const reading = decodeSegmentHeader(segment);
  if (reading.kind === 'damaged') throw new Error('expected a whole header');
  const seed = segmentSeed(reading.header);
  const { sections } = decodeSegmentFooter(segment.subarray(-SEGMENT_FOOTER_BYTES), seed)!;
  const [bloomFilter, sparseIndex] = sections.map(({ offset, bytes }) =>
    segment.slice(offset, offset + bytes),
  );
  return {
    seed,
    chain: chainStart(segment),
    segment,
    segmentHeader: { bytes: segment.slice(0, SEGMENT_HEADER_BYTES), mend: mendHeader(SEGMENT_HEADER_BYTES) },
    manifest: { bytes: file('manifest-'), mend: mendManifest },
    valueHeader: { bytes: file('value-').slice(0, 128), mend: mendHeader(128) },
    checkpoint: { bytes: file('checkpoint-'), mend: mendHeader(256) },
    footer: {
      bytes: segment.slice(-SEGMENT_FOOTER_BYTES),
      mend: (bytes) => putChecksum(bytes, bytes.length - 4, crc32(bytes.subarray(0, -4), seed)),
    },
    bloomFilter: { bytes: bloomFilter!, mend: () => {} },
    sparseIndex: { bytes: sparseIndex!, mend: (bytes) => mendSparseIndex(bytes, seed) },
  };
}

/** The last trailer of a sealed segment, with where it lies. */
export function trailerSeed({ segment, seed }: FormatSeeds): FuzzSeed & { readonly position: number } {
  const footer = decodeSegmentFooter(segment.subarray(-SEGMENT_FOOTER_BYTES), seed)!;
  const position = footer.bodyBytes - COMMIT_TRAILER_BYTES;
  const mend = (bytes: Uint8Array): void => {
    if (bytes.length < COMMIT_TRAILER_BYTES) return;
    putChecksum(bytes, 12, 0);
    putChecksum(bytes, 12, crc32(bytes.subarray(0, COMMIT_TRAILER_BYTES), (seed ^ (position / 16)) >>> 0));
  };
  return { bytes: segment.slice(position, position + COMMIT_TRAILER_BYTES), mend, position };
}

function mendHeader(headerBytes: number): (bytes: Uint8Array) => void {
  return (bytes) => {
    if (bytes.length >= headerBytes) sealHeader(bytes.subarray(0, headerBytes));
  };
}

/** Puts the checksum of the sparse level right, as far as its header tells how long it is. */
function mendSparseIndex(bytes: Uint8Array, seed: number): void {
  if (bytes.length < 16) return;
  const blockCount = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  const level = bytes.subarray(16, Math.min(bytes.length, 16 + blockCount * 8));
  putChecksum(bytes, 12, crc32(level, crc32(bytes.subarray(0, 12), seed)));
}

function mendManifest(bytes: Uint8Array): void {
  mendHeader(192)(bytes);
  putChecksum(bytes, bytes.length - 4, crc32(bytes.subarray(0, -4)));
}

function putChecksum(bytes: Uint8Array, offset: number, checksum: number): void {
  if (offset < 0 || bytes.length < offset + 4) return;
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(offset, checksum, true);
}
