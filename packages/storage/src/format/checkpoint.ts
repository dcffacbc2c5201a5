/**
 * A checkpoint: the index as it was at one place of the log, so that recovery reads only what lies behind. A header,
 * the index's cells in blocks, and what was known of each segment. The header is written last, so a file that has one
 * that checks out is whole. Each part has a checksum of its own, and lengths are compared with the file's before
 * anything is allocated.
 */
import { crc32 } from '../checksum/crc32.ts';
import {
  decodeFileHeader,
  encodeFileHeader,
  FileKind,
  sealHeader,
  type FileIdentity,
} from './file-header.ts';
import { SLOT_COUNT } from './geometry.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

type CheckpointHeaderField =
  | 'fileHeader'
  | 'checkpointId'
  | 'fileBytes'
  | 'cellCount'
  | 'segmentCount'
  | 'segmentsChecksum'
  | 'beginSegmentId'
  | 'beginBytes'
  | 'beginChain'
  | 'beginLastSequence'
  | 'beginRecords'
  | 'beginDeletes'
  | 'endSegmentId'
  | 'endBytes'
  | 'endChain'
  | 'keys'
  | 'deletedKeys'
  | 'keysWithDeadline'
  | 'highestVersion'
  | 'lastSequence'
  | 'nextValueId'
  | 'isPartial'
  | 'reserved'
  | 'checksum';

export const checkpointHeaderLayout: Layout<CheckpointHeaderField> = defineLayout(256, {
  fileHeader: 64,
  checkpointId: 8,
  fileBytes: 8,
  cellCount: 8,
  segmentCount: 4,
  segmentsChecksum: 4,
  beginSegmentId: 8,
  beginBytes: 4,
  beginChain: 4,
  beginLastSequence: 8,
  beginRecords: 4,
  beginDeletes: 4,
  endSegmentId: 8,
  endBytes: 4,
  endChain: 4,
  keys: 8,
  deletedKeys: 8,
  keysWithDeadline: 8,
  highestVersion: 8,
  lastSequence: 8,
  nextValueId: 8,
  isPartial: 4,
  reserved: 56,
  checksum: 4,
});

type CheckpointCellField = 'keyHash' | 'address';

export const checkpointCellLayout: Layout<CheckpointCellField> = defineLayout(8, { keyHash: 4, address: 4 });

type CheckpointBlockEndField = 'cells' | 'checksum';

export const checkpointBlockEndLayout: Layout<CheckpointBlockEndField> = defineLayout(8, {
  cells: 4,
  checksum: 4,
});

type CheckpointSegmentField =
  | 'segmentId'
  | 'slot'
  | 'bytes'
  | 'chain'
  | 'recordCount'
  | 'deleteCount'
  | 'garbageUnits';

export const checkpointSegmentLayout: Layout<CheckpointSegmentField> = defineLayout(32, {
  segmentId: 8,
  slot: 4,
  bytes: 4,
  chain: 4,
  recordCount: 4,
  deleteCount: 4,
  garbageUnits: 4,
});

export const CHECKPOINT_HEADER_BYTES: number = checkpointHeaderLayout.totalBytes;
export const CHECKPOINT_CELL_BYTES: number = checkpointCellLayout.totalBytes;
export const CHECKPOINT_BLOCK_END_BYTES: number = checkpointBlockEndLayout.totalBytes;
const SEGMENT_BYTES = checkpointSegmentLayout.totalBytes;

/** Cells in every block but the last: 1 MiB. */
export const CHECKPOINT_BLOCK_CELLS: number = 131_072;

/** A place between two groups of the log. */
export interface LogPosition {
  readonly segmentId: number;
  /** Bytes of the segment before it. */
  readonly bytes: number;
  /** Chain value there. */
  readonly chain: number;
}

/** Where a checkpoint was begun, and what the segment held there. */
export interface CheckpointBegin extends LogPosition {
  readonly lastSequence: number;
  readonly recordCount: number;
  readonly deleteCount: number;
}

export interface CheckpointHeader {
  readonly identity: FileIdentity;
  readonly checkpointId: number;
  readonly cellCount: number;
  readonly segmentCount: number;
  readonly segmentsChecksum: number;
  /** The cells show every record before this place, or a newer one of its key. */
  readonly begin: CheckpointBegin;
  /** They show no record behind this one; the counts below are those at it. */
  readonly end: LogPosition;
  /** Deleted ones included. */
  readonly keys: number;
  readonly deletedKeys: number;
  readonly keysWithDeadline: number;
  readonly highestVersion: number;
  readonly lastSequence: number;
  /** Values with a lower id belong to records that may lie before `begin`. */
  readonly nextValueId: number;
  /** 1 if keys may be missing among the cells, which are found through the footers of their segments; else 0. */
  readonly isPartial: number;
}

/** A segment as it was at the end of a checkpoint. */
export interface CheckpointSegment {
  readonly segmentId: number;
  readonly slot: number;
  readonly bytes: number;
  readonly chain: number;
  readonly recordCount: number;
  readonly deleteCount: number;
  /** Units of its records that were not the newest of their keys. */
  readonly garbageUnits: number;
}

/** Seed of the checksums inside a checkpoint. */
export function checkpointSeed(identity: FileIdentity, checkpointId: number): number {
  return crc32(identity.salt, checkpointId >>> 0);
}

/** Bytes of blocks that hold so many cells. */
export function checkpointCellsBytes(cellCount: number): number {
  const blocks = Math.ceil(cellCount / CHECKPOINT_BLOCK_CELLS);
  return cellCount * CHECKPOINT_CELL_BYTES + blocks * CHECKPOINT_BLOCK_END_BYTES;
}

/** A block of cells in a checkpoint's file. `offset` and `bytes` are its place there, with its end. */
export interface CheckpointBlock {
  readonly block: number;
  readonly cells: number;
  readonly offset: number;
  readonly bytes: number;
}

/** The blocks that `cellCount` cells lie in, in their order. */
export function* checkpointBlocks(cellCount: number): Generator<CheckpointBlock, void, undefined> {
  let offset = CHECKPOINT_HEADER_BYTES;
  for (let block = 0; block * CHECKPOINT_BLOCK_CELLS < cellCount; block += 1) {
    const cells = Math.min(cellCount - block * CHECKPOINT_BLOCK_CELLS, CHECKPOINT_BLOCK_CELLS);
    const bytes = cells * CHECKPOINT_CELL_BYTES + CHECKPOINT_BLOCK_END_BYTES;
    yield { block, cells, offset, bytes };
    offset += bytes;
  }
}

/** Bytes of a whole checkpoint. */
export function checkpointBytes(cellCount: number, segmentCount: number): number {
  return CHECKPOINT_HEADER_BYTES + checkpointCellsBytes(cellCount) + segmentCount * SEGMENT_BYTES;
}

/** A new buffer of 256 bytes. */
export function encodeCheckpointHeader(header: CheckpointHeader): Uint8Array {
  const bytes = new Uint8Array(CHECKPOINT_HEADER_BYTES);
  encodeFileHeader(bytes, FileKind.checkpoint, CHECKPOINT_HEADER_BYTES, header.identity);
  const view = new LayoutView(checkpointHeaderLayout, bytes);
  for (const field of OWN_FIELDS) view.set(field, header[field]);
  view.set('fileBytes', checkpointBytes(header.cellCount, header.segmentCount));
  view.set('beginSegmentId', header.begin.segmentId);
  view.set('beginBytes', header.begin.bytes);
  view.set('beginChain', header.begin.chain);
  view.set('beginLastSequence', header.begin.lastSequence);
  view.set('beginRecords', header.begin.recordCount);
  view.set('beginDeletes', header.begin.deleteCount);
  view.set('endSegmentId', header.end.segmentId);
  view.set('endBytes', header.end.bytes);
  view.set('endChain', header.end.chain);
  sealHeader(bytes);
  return bytes;
}

const OWN_FIELDS = [
  'checkpointId',
  'cellCount',
  'segmentCount',
  'segmentsChecksum',
  'keys',
  'deletedKeys',
  'keysWithDeadline',
  'highestVersion',
  'lastSequence',
  'nextValueId',
  'isPartial',
] as const;

export type CheckpointHeaderReading =
  | { readonly kind: 'ok'; readonly header: CheckpointHeader }
  | { readonly kind: 'damaged'; readonly expected: string; readonly actual: string };

/**
 * Reads what {@link encodeCheckpointHeader} wrote at the start of a file of `fileBytes` bytes. Throws
 * `STORAGE_FORMAT_UNSUPPORTED`.
 */
export function decodeCheckpointHeader(bytes: Uint8Array, fileBytes: number): CheckpointHeaderReading {
  const reading = decodeFileHeader(bytes, FileKind.checkpoint, CHECKPOINT_HEADER_BYTES);
  if (reading.kind === 'damaged') return reading;
  const view = new LayoutView(checkpointHeaderLayout, bytes);
  const own = Object.fromEntries(OWN_FIELDS.map((field) => [field, view.get(field)]));
  const numbers = own as Pick<CheckpointHeader, (typeof OWN_FIELDS)[number]>;
  const expected = checkpointBytes(numbers.cellCount, numbers.segmentCount);
  if (view.get('fileBytes') !== expected || fileBytes !== expected || numbers.segmentCount > SLOT_COUNT) {
    return { kind: 'damaged', expected: `a checkpoint of ${expected} bytes`, actual: `${fileBytes} bytes` };
  }
  const header: CheckpointHeader = {
    ...numbers,
    identity: reading.identity,
    begin: {
      segmentId: view.get('beginSegmentId'),
      bytes: view.get('beginBytes'),
      chain: view.get('beginChain'),
      lastSequence: view.get('beginLastSequence'),
      recordCount: view.get('beginRecords'),
      deleteCount: view.get('beginDeletes'),
    },
    end: {
      segmentId: view.get('endSegmentId'),
      bytes: view.get('endBytes'),
      chain: view.get('endChain'),
    },
  };
  return { kind: 'ok', header };
}

/**
 * Puts the end of a block behind its cells. `bytes` is the whole block; `seed` that of the checkpoint, `block` the
 * block's place among the others.
 */
export function sealCheckpointBlock(bytes: Uint8Array, seed: number, block: number): void {
  const cellBytes = bytes.length - CHECKPOINT_BLOCK_END_BYTES;
  const view = new LayoutView(checkpointBlockEndLayout, bytes.subarray(cellBytes));
  view.set('cells', cellBytes / CHECKPOINT_CELL_BYTES);
  view.set('checksum', blockChecksum(bytes, seed, block));
}

/** Whether a block is the one that {@link sealCheckpointBlock} has sealed. */
export function checkCheckpointBlock(bytes: Uint8Array, seed: number, block: number): boolean {
  const cellBytes = bytes.length - CHECKPOINT_BLOCK_END_BYTES;
  if (cellBytes < 0) return false;
  const view = new LayoutView(checkpointBlockEndLayout, bytes.subarray(cellBytes));
  if (view.get('cells') * CHECKPOINT_CELL_BYTES !== cellBytes) return false;
  return view.get('checksum') === blockChecksum(bytes, seed, block);
}

/** Of everything before the checksum. */
function blockChecksum(bytes: Uint8Array, seed: number, block: number): number {
  return crc32(bytes.subarray(0, bytes.length - 4), (seed ^ block) >>> 0);
}

/** A new buffer; its checksum, continued from the seed of the checkpoint, goes into the header. */
export function encodeCheckpointSegments(segments: readonly CheckpointSegment[]): Uint8Array {
  const bytes = new Uint8Array(segments.length * SEGMENT_BYTES);
  segments.forEach((segment, index) => {
    const view = new LayoutView(checkpointSegmentLayout, bytes.subarray(index * SEGMENT_BYTES));
    for (const field of SEGMENT_FIELDS) view.set(field, segment[field]);
  });
  return bytes;
}

/** What {@link encodeCheckpointSegments} wrote; `undefined` if the bytes do not match their checksum. */
export function decodeCheckpointSegments(
  bytes: Uint8Array,
  seed: number,
  checksum: number,
): CheckpointSegment[] | undefined {
  if (crc32(bytes, seed) !== checksum || bytes.length % SEGMENT_BYTES !== 0) return undefined;
  const segments: CheckpointSegment[] = [];
  for (let offset = 0; offset < bytes.length; offset += SEGMENT_BYTES) {
    const view = new LayoutView(checkpointSegmentLayout, bytes.subarray(offset, offset + SEGMENT_BYTES));
    const numbers = Object.fromEntries(SEGMENT_FIELDS.map((field) => [field, view.get(field)]));
    segments.push(numbers as unknown as CheckpointSegment);
  }
  return segments;
}

const SEGMENT_FIELDS = [
  'segmentId',
  'slot',
  'bytes',
  'chain',
  'recordCount',
  'deleteCount',
  'garbageUnits',
] as const;
