/** A checkpoint as it lies in its file: header, blocks of cells, segments, each judged by its own checksum. */
import { corrupt, wrapFailure } from '../failure.ts';
import {
  checkCheckpointBlock,
  checkpointBlocks,
  CHECKPOINT_BLOCK_CELLS,
  CHECKPOINT_HEADER_BYTES,
  checkpointCellsBytes,
  checkpointSeed,
  decodeCheckpointHeader,
  decodeCheckpointSegments,
  type CheckpointHeader,
  type CheckpointSegment,
} from '../format/checkpoint.ts';
import { storeFileName } from '../format/file-names.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';

/** A part that does not check out. */
export interface CheckpointDamage {
  readonly offset: number;
  readonly expected: string;
  readonly actual: string;
}

export interface CheckpointReading {
  readonly path: string;
  readonly bytes: number;
  readonly header: CheckpointHeader;
  readonly blocks: number;
  /** None where they do not match their checksum. */
  readonly segments: readonly CheckpointSegment[];
  readonly damages: readonly CheckpointDamage[];
}

/** Reads a checkpoint whole. Throws `STORAGE_CORRUPT` where its header does not check out, or `STORAGE_IO`. */
export function readCheckpoint(
  fileSystem: FileSystem,
  directory: string,
  checkpointId: number,
): CheckpointReading {
  const path = fileSystem.join(directory, storeFileName('checkpoint', checkpointId));
  let bytes: Uint8Array;
  try {
    bytes = readWhole(fileSystem, path);
  } catch (error) {
    throw wrapFailure(path, 'read', error);
  }
  const reading = decodeCheckpointHeader(bytes.subarray(0, CHECKPOINT_HEADER_BYTES), bytes.length);
  if (reading.kind === 'damaged') throw corrupt(path, 0, reading.expected, reading.actual);
  const { header } = reading;
  if (header.checkpointId !== checkpointId) {
    throw corrupt(path, 0, `checkpoint ${checkpointId}`, `checkpoint ${header.checkpointId}`);
  }
  const seed = checkpointSeed(header.identity, checkpointId);
  const blocks = Math.ceil(header.cellCount / CHECKPOINT_BLOCK_CELLS);
  const damages = damagedBlocks(bytes, header, seed);
  const end = CHECKPOINT_HEADER_BYTES + checkpointCellsBytes(header.cellCount);
  const segments = decodeCheckpointSegments(bytes.subarray(end), seed, header.segmentsChecksum);
  if (segments === undefined) {
    damages.push({ offset: end, expected: 'segments that match their checksum', actual: 'another checksum' });
  }
  return { path, bytes: bytes.length, header, blocks, segments: segments ?? [], damages };
}

function damagedBlocks(file: Uint8Array, { cellCount }: CheckpointHeader, seed: number): CheckpointDamage[] {
  const damages: CheckpointDamage[] = [];
  for (const { block, offset, bytes } of checkpointBlocks(cellCount)) {
    if (checkCheckpointBlock(file.subarray(offset, offset + bytes), seed, block)) continue;
    const expected = 'a block of cells that matches its checksum';
    damages.push({ offset, expected, actual: 'another checksum' });
  }
  return damages;
}
