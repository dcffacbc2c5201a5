/**
 * Checks a checkpoint against its own checksums: header, every block of cells, and the segments that it was made of.
 * Damage to it concerns no key, for the log is complete without it; but the next opening will read the whole log.
 */
import { equalBytes } from '@htkv/base';

import {
  checkCheckpointBlock,
  checkpointBlocks,
  CHECKPOINT_HEADER_BYTES,
  checkpointCellsBytes,
  checkpointSeed,
  decodeCheckpointHeader,
  decodeCheckpointSegments,
  type CheckpointHeader,
} from '../format/checkpoint.ts';
import { storeFileName } from '../format/file-names.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { CheckedFile } from './checked-file.ts';
import type { Damage } from './verify-report.ts';

export interface CheckpointCheckPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly storeId: Uint8Array;
  readonly found: (damage: Damage) => void;
}

/** Yields the bytes that it has checked. */
export function* checkCheckpoint(
  { fileSystem, directory, storeId, found }: CheckpointCheckPlace,
  checkpointId: number,
): Generator<number, void, undefined> {
  const path = fileSystem.join(directory, storeFileName('checkpoint', checkpointId));
  const file = CheckedFile.open(fileSystem, path, found);
  if (file === undefined) return;
  try {
    const header = headerIn(file, checkpointId, storeId);
    if (header === undefined) return;
    yield CHECKPOINT_HEADER_BYTES;
    yield* checkBody(file, header);
  } finally {
    file.close();
  }
}

function headerIn(
  file: CheckedFile,
  checkpointId: number,
  storeId: Uint8Array,
): CheckpointHeader | undefined {
  const bytes = file.read(new Uint8Array(CHECKPOINT_HEADER_BYTES), 0);
  if (bytes === undefined) return undefined;
  try {
    const reading = decodeCheckpointHeader(bytes, file.size());
    if (reading.kind === 'damaged') {
      file.damaged(0, reading.expected, reading.actual);
      return undefined;
    }
    const { header } = reading;
    if (header.checkpointId === checkpointId && equalBytes(header.identity.storeId, storeId)) return header;
    file.damaged(0, 'a checkpoint of this store and name', 'another one');
  } catch {
    file.damaged(0, 'a header of the format that the checkpoint was written in', 'another format');
  }
  return undefined;
}

/** Blocks have a mebibyte of cells at most. */
function* checkBody(file: CheckedFile, header: CheckpointHeader): Generator<number, void, undefined> {
  const seed = checkpointSeed(header.identity, header.checkpointId);
  for (const { block, offset, bytes: length } of checkpointBlocks(header.cellCount)) {
    const bytes = file.read(new Uint8Array(length), offset);
    if (bytes !== undefined && !checkCheckpointBlock(bytes, seed, block)) {
      file.damaged(offset, 'a block of cells that matches its checksum', 'another checksum');
    }
    yield length;
  }
  const offset = CHECKPOINT_HEADER_BYTES + checkpointCellsBytes(header.cellCount);
  const bytes = file.read(new Uint8Array(file.size() - offset), offset);
  if (bytes === undefined) return;
  const segments = decodeCheckpointSegments(bytes, seed, header.segmentsChecksum);
  if (segments?.length !== header.segmentCount) {
    file.damaged(offset, 'segments that match their checksum', 'another checksum');
  }
  yield bytes.length;
}
