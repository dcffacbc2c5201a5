/**
 * Files that no manifest and no record names. Most are what an interrupted step left behind; some would prove that
 * a manifest was lost, and refuse the store.
 */
import { equalBytes } from '@htkv/base';

import { corrupt, foreignFile } from '../failure.ts';
import { storeFileName } from '../format/file-names.ts';
import type { Manifest } from '../format/manifest.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentSeed } from '../format/segment-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';
import { findTrailers } from '../segment/group-scanner.ts';

/**
 * Judges a segment that `manifest` does not name. Data goes into a segment only after a durable manifest names it,
 * except for what recovery copies, which is marked: any other group proves that a newer manifest was lost.
 * Throws `STORAGE_CORRUPT` (with `damaged`, the newer manifest that does not check out, as its cause),
 * `STORAGE_FOREIGN_FILE` or the file system's error.
 */
export function judgeUnnamedSegment(
  fileSystem: FileSystem,
  directory: string,
  manifest: Manifest,
  segmentId: number,
  damaged: unknown,
): void {
  const path = fileSystem.join(directory, storeFileName('segment', segmentId));
  const bytes = readWhole(fileSystem, path);
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') return;
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
