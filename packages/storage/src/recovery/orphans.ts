/**
 * Files that no manifest and no record names. Most are what an interrupted step left behind; some would prove that
 * a manifest was lost, and refuse the store.
 */
import { equalBytes } from '@htkv/base';

import { corrupt, foreignFile } from '../failure.ts';
import { CHECKPOINT_HEADER_BYTES } from '../format/checkpoint.ts';
import { decodeFileHeader, FileKind } from '../format/file-header.ts';
import { storeFileName } from '../format/file-names.ts';
import type { Manifest } from '../format/manifest.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentSeed } from '../format/segment-header.ts';
import { decodeValueHeader, VALUE_HEADER_BYTES } from '../format/value-header.ts';
import { removeQuietly } from '../fs/checked-io.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';
import { findTrailers } from '../segment/group-scanner.ts';
import type { DirectoryScan } from './directory-scan.ts';

export interface OrphanSearch {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly scan: DirectoryScan;
  /** Undefined where a store is to be created; there are no segments and no values then. */
  readonly manifest: Manifest | undefined;
  readonly recovered: { readonly valueIds: ReadonlySet<number>; readonly valuesKeptBelow: number };
  /** The checkpoint that recovery began with; 0 for none. */
  readonly checkpointId: number;
  /** A newer manifest that does not check out, and why. */
  readonly damaged: unknown;
}

/**
 * Names of the files to remove. Throws `STORAGE_CORRUPT` (with the newer manifest that does not check out as its
 * cause), `STORAGE_FOREIGN_FILE` or the file system's error.
 */
export function findOrphans(search: OrphanSearch): string[] {
  const { scan, manifest, recovered } = search;
  const names: string[] = [];
  if (manifest === undefined) return names;
  const named = new Set(manifest.segments.map((segment) => segment.segmentId));
  for (const segmentId of scan.segments) {
    if (named.has(segmentId)) continue;
    judgeUnnamedSegment(search, manifest, segmentId);
    names.push(storeFileName('segment', segmentId));
  }
  for (const valueId of scan.values) {
    // Of values from before a checkpoint nobody has seen the records: they stay until the whole log is read again.
    if (recovered.valueIds.has(valueId) || valueId < recovered.valuesKeptBelow) continue;
    judgeUnusedValue(search, manifest, valueId);
    names.push(storeFileName('value', valueId));
  }
  for (const checkpointId of scan.checkpoints) {
    if (checkpointId === search.checkpointId || checkpointId === manifest.checkpointId) continue;
    judgeUnusedCheckpoint(search, manifest, checkpointId);
    names.push(storeFileName('checkpoint', checkpointId));
  }
  return names;
}

/** What cannot be removed is removed by a later open. */
export function removeOrphans(fileSystem: FileSystem, directory: string, names: readonly string[]): void {
  for (const name of names) removeQuietly(fileSystem, fileSystem.join(directory, name));
}

/**
 * Data goes into a segment only after a durable manifest names it, except for what recovery copies, which is marked:
 * any other group proves that a newer manifest was lost.
 */
function judgeUnnamedSegment(search: OrphanSearch, manifest: Manifest, segmentId: number): void {
  const { fileSystem, directory, damaged } = search;
  const path = fileSystem.join(directory, storeFileName('segment', segmentId));
  const bytes = readWhole(fileSystem, path);
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') {
    // A header is durable before anything is written behind it: a shorter file was being created, a longer one was not.
    if (bytes.length <= SEGMENT_HEADER_BYTES) return;
    throw corrupt(path, 0, reading.expected, reading.actual, damaged);
  }
  const { header } = reading;
  if (!equalBytes(header.identity.storeId, manifest.identity.storeId)) {
    throw foreignFile(path, 'it is a segment of another store');
  }
  if (segmentId < manifest.nextSegmentId) return;
  const trailers = findTrailers(bytes, segmentSeed(header), SEGMENT_HEADER_BYTES);
  if (trailers.some((trailer) => !trailer.rewritten)) {
    throw corrupt(path, 0, 'a manifest that names this segment', 'none that checks out', damaged);
  }
}

/** A value without a record was being written, or its record was dropped; unless it never was of this store. */
function judgeUnusedValue(
  { fileSystem, directory }: OrphanSearch,
  manifest: Manifest,
  valueId: number,
): void {
  const path = fileSystem.join(directory, storeFileName('value', valueId));
  const reading = decodeValueHeader(readWhole(fileSystem, path, VALUE_HEADER_BYTES));
  if (reading.kind === 'damaged') return;
  if (!equalBytes(reading.header.identity.storeId, manifest.identity.storeId)) {
    throw foreignFile(path, 'it is a value of another store');
  }
}

/** A checkpoint that no manifest names was being written, or a newer one has replaced it. */
function judgeUnusedCheckpoint(
  { fileSystem, directory }: OrphanSearch,
  manifest: Manifest,
  checkpointId: number,
): void {
  const path = fileSystem.join(directory, storeFileName('checkpoint', checkpointId));
  const bytes = readWhole(fileSystem, path, CHECKPOINT_HEADER_BYTES);
  const reading = decodeFileHeader(bytes, FileKind.checkpoint, CHECKPOINT_HEADER_BYTES);
  if (reading.kind === 'damaged') return;
  if (!equalBytes(reading.identity.storeId, manifest.identity.storeId)) {
    throw foreignFile(path, 'it is a checkpoint of another store');
  }
}
