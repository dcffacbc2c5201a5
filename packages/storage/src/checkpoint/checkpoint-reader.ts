/**
 * Reads a checkpoint back: whether it checks out, whether it belongs to the log that the manifest names, and its cells
 * into the index. Whatever speaks against it is thrown as corruption, and the caller goes by the log instead.
 */
import { equalBytes } from '@htkv/base';

import { corrupt, wrapFailure } from '../failure.ts';
import {
  checkCheckpointBlock,
  checkpointBlocks,
  CHECKPOINT_BLOCK_CELLS,
  CHECKPOINT_BLOCK_END_BYTES,
  CHECKPOINT_CELL_BYTES,
  CHECKPOINT_HEADER_BYTES,
  checkpointCellsBytes,
  checkpointSeed,
  decodeCheckpointHeader,
  decodeCheckpointSegments,
  type CheckpointHeader,
  type CheckpointSegment,
} from '../format/checkpoint.ts';
import { storeFileName } from '../format/file-names.ts';
import { SLOT_COUNT, SLOT_LOG2, UNIT_LOG2 } from '../format/geometry.ts';
import type { Manifest, ManifestEntry } from '../format/manifest.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { File, FileSystem } from '../fs/file-system.ts';
import type { IndexBuilder } from '../recovery/index-builder.ts';

const UNITS_LOG2 = SLOT_LOG2 - UNIT_LOG2;
const UNITS_MASK = 2 ** UNITS_LOG2 - 1;

export interface CheckpointSource {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly manifest: Manifest;
}

/** What of a checkpoint counts besides its cells. */
export interface LoadedCheckpoint {
  readonly header: CheckpointHeader;
  readonly path: string;
  readonly fileBytes: number;
}

/** Loads a checkpoint into an empty index. Throws `STORAGE_CORRUPT`, `STORAGE_FORMAT_UNSUPPORTED` or `STORAGE_IO`. */
export function loadCheckpoint(
  source: CheckpointSource,
  checkpointId: number,
  index: IndexBuilder,
): LoadedCheckpoint {
  const path = source.fileSystem.join(source.directory, storeFileName('checkpoint', checkpointId));
  let file: File | undefined;
  try {
    file = source.fileSystem.open(path, 'read');
    const fileBytes = file.size();
    const header = readHeader(file, fileBytes, checkpointId, source.manifest);
    const segments = readSegments(file, header);
    requireSameLog(path, header, segments, source.manifest);
    index.expectCheckpoint(header);
    for (const { slot, garbageUnits } of segments) index.expectGarbage(slot, garbageUnits);
    readCells(file, header, limitsOf(segments, source.manifest), index);
    return { header, path, fileBytes };
  } catch (error) {
    throw wrapFailure(path, 'read', error);
  } finally {
    file?.close();
  }
}

function readHeader(
  file: File,
  fileBytes: number,
  checkpointId: number,
  manifest: Manifest,
): CheckpointHeader {
  const bytes = new Uint8Array(Math.min(fileBytes, CHECKPOINT_HEADER_BYTES));
  const reading = decodeCheckpointHeader(bytes.subarray(0, file.read(bytes, 0)), fileBytes);
  if (reading.kind === 'damaged') throw corrupt(file.path, 0, reading.expected, reading.actual);
  const { header } = reading;
  if (
    header.checkpointId !== checkpointId ||
    !equalBytes(header.identity.storeId, manifest.identity.storeId)
  ) {
    throw corrupt(file.path, 0, 'a checkpoint of this store and name', 'another one');
  }
  return header;
}

function readSegments(file: File, header: CheckpointHeader): CheckpointSegment[] {
  const offset = CHECKPOINT_HEADER_BYTES + checkpointCellsBytes(header.cellCount);
  const bytes = new Uint8Array(file.size() - offset);
  const read = file.read(bytes, offset);
  const seed = checkpointSeed(header.identity, header.checkpointId);
  const segments = decodeCheckpointSegments(bytes.subarray(0, read), seed, header.segmentsChecksum);
  if (segments?.length !== header.segmentCount) {
    throw corrupt(file.path, offset, 'segments that match their checksum', 'another checksum');
  }
  return segments;
}

/**
 * The log that the checkpoint was made of is the one that the manifest names: what lies before its beginning is the
 * same, and its end is proven durable. Segments that are gone may be missing, if no cell points into them and all keys
 * have one.
 */
function requireSameLog(
  path: string,
  { begin, end, isPartial }: CheckpointHeader,
  segments: readonly CheckpointSegment[],
  manifest: Manifest,
): void {
  const known = new Map(segments.map((segment) => [segment.segmentId, segment]));
  const refuse = (actual: string): Error => corrupt(path, 0, 'a checkpoint of this log', actual);
  const isOrdered = begin.segmentId < end.segmentId || begin.bytes <= end.bytes;
  if (begin.segmentId > end.segmentId || !isOrdered) throw refuse('one that ends before it begins');
  for (const entry of manifest.segments) {
    const segment = known.get(entry.segmentId);
    if (segment === undefined) {
      if (entry.segmentId <= end.segmentId) throw refuse('one that does not know a segment');
      continue;
    }
    if (segment.slot !== entry.slot || segment.bytes > entry.bytes) throw refuse('another segment');
    if (entry.segmentId < begin.segmentId && !isUnchanged(segment, entry)) throw refuse('another segment');
    if (entry.segmentId === begin.segmentId && begin.bytes > entry.bytes) throw refuse('a longer segment');
    if (entry.segmentId === end.segmentId && end.bytes > entry.bytes) throw refuse('a longer log');
  }
  // Of keys without a cell it is not known where they were.
  for (const { segmentId } of isPartial === 1 ? segments : [begin, end]) {
    if (!manifest.segments.some((entry) => entry.segmentId === segmentId)) throw refuse('a segment is gone');
  }
}

function isUnchanged(segment: CheckpointSegment, entry: ManifestEntry): boolean {
  return (
    segment.bytes === entry.bytes &&
    segment.chain === entry.chain &&
    segment.recordCount === entry.recordCount &&
    segment.deleteCount === entry.deleteCount
  );
}

/** By slot: the first unit that no cell may point at. */
function limitsOf(segments: readonly CheckpointSegment[], manifest: Manifest): Int32Array {
  const present = new Set(manifest.segments.map(({ segmentId }) => segmentId));
  const limits = new Int32Array(SLOT_COUNT);
  for (const { segmentId, slot, bytes } of segments) {
    if (present.has(segmentId)) limits[slot] = bytes >>> UNIT_LOG2;
  }
  return limits;
}

/** One block at a time, each checked before it is believed. */
function readCells(file: File, header: CheckpointHeader, limits: Int32Array, index: IndexBuilder): void {
  const seed = checkpointSeed(header.identity, header.checkpointId);
  const cellsMax = Math.min(header.cellCount, CHECKPOINT_BLOCK_CELLS);
  const buffer = new Uint8Array(cellsMax * CHECKPOINT_CELL_BYTES + CHECKPOINT_BLOCK_END_BYTES);
  const words = new Int32Array(buffer.buffer);
  for (const { block, cells, offset, bytes: length } of checkpointBlocks(header.cellCount)) {
    const bytes = buffer.subarray(0, length);
    if (file.read(bytes, offset) !== bytes.length || !checkCheckpointBlock(bytes, seed, block)) {
      throw corrupt(file.path, offset, 'a block of cells that matches its checksum', 'another checksum');
    }
    if (!addCells(words, cells, limits, index)) {
      throw corrupt(file.path, offset, 'cells that point into the log', 'one that points behind its end');
    }
  }
}

const FIRST_UNIT = SEGMENT_HEADER_BYTES >>> UNIT_LOG2;

function addCells(words: Int32Array, cells: number, limits: Int32Array, index: IndexBuilder): boolean {
  for (let word = 0; word < cells * 2; word += 2) {
    const hash = words[word]!;
    const address = words[word + 1]!;
    const unit = address & UNITS_MASK;
    const isInLog = unit >= FIRST_UNIT && unit < limits[address >>> UNITS_LOG2]!;
    if (!isInLog || hash === 0 || hash === -1) return false;
    index.addCell(hash, address);
  }
  return true;
}
