/**
 * From files to an index that is complete: begins with the newest checkpoint that checks out and fits the log, and with
 * none if there is no such one; what does not check out is passed over and said in the report. The log alone is always
 * enough, so a checkpoint never refuses a store.
 */
import { CodedError } from '@htkv/base';

import type { AssembledParts } from '../assemble-parts.ts';
import { loadCheckpoint, type LoadedCheckpoint } from '../checkpoint/checkpoint-reader.ts';
import { Field } from '../control/store-fields.ts';
import { corrupt } from '../failure.ts';
import type { LogPosition } from '../format/checkpoint.ts';
import type { Manifest } from '../format/manifest.ts';
import { IndexLoader } from '../index/index-loader.ts';
import type { StoreOptions } from '../store-options.ts';
import type { DirectoryScan } from './directory-scan.ts';
import { IndexBuilder } from './index-builder.ts';
import { keepHotCells } from './keep-hot-cells.ts';
import { NOTHING_RECOVERED, recoverSegments, type RecoveredSegments } from './recover-segments.ts';
import { PageWarming } from './warm-pages.ts';

export interface RecoveredIndex {
  readonly recovered: RecoveredSegments;
  /** The checkpoint that it began with; 0 for none. */
  readonly checkpointId: number;
  readonly checkpointKeys: number;
  readonly checkpointBytes: number;
  /** The place of the log that it shows. */
  readonly checkpointEnd: LogPosition | undefined;
  /** Whether keys may be missing among its cells. */
  readonly isPartial: boolean;
  /** Why the one that the manifest names was not used. */
  readonly checkpointRefusal: string | undefined;
}

/** What a store that is just being created starts from. */
export const NOTHING_FOUND: RecoveredIndex = {
  recovered: NOTHING_RECOVERED,
  checkpointId: 0,
  checkpointKeys: 0,
  checkpointBytes: 0,
  checkpointEnd: undefined,
  isPartial: false,
  checkpointRefusal: undefined,
};

export interface RecoverySource {
  readonly options: StoreOptions;
  readonly scan: DirectoryScan;
  readonly manifest: Manifest;
  readonly parts: AssembledParts;
  /** Nothing will be written. */
  readonly isReading: boolean;
}

/** Throws what {@link recoverSegments} throws for the log as a whole. O(log), or O(keys) and what is younger. */
export function recoverIndex(source: RecoverySource): RecoveredIndex {
  const { parts } = source;
  const { memory, identity } = parts;
  const { cold } = parts.index;
  const place = cold === undefined ? memory.index : new Int32Array(memory.index.length);
  const loader = new IndexLoader(place, identity.indexLoadFactor);
  const index = new IndexBuilder(loader, parts);
  const found = fromCheckpoint(source, index) ?? fromLog(source, index);
  index.finish();
  parts.index.restore(index.counts, index.deadlines);
  const { block } = parts.control;
  if (cold !== undefined && found.isPartial) cold.expectMissing(found.checkpointEnd!.segmentId);
  if (cold !== undefined) keepHotCells(loader, memory.index, identity.indexLoadFactor, cold, block);
  const { lastSequence, highestVersion } = found.recovered;
  block.stage(Field.lastSequence, lastSequence);
  block.stage(Field.writtenSequence, lastSequence);
  block.stage(Field.durableSequence, lastSequence);
  block.stage(Field.highestVersion, highestVersion);
  block.stage(
    Field.bytesOpened,
    parts.segments.inOrder.reduce((sum, segment) => sum + segment.bytes, 0),
  );
  block.stage(Field.checkpointId, found.checkpointId);
  block.stage(Field.checkpointEndSegment, found.checkpointEnd?.segmentId ?? 0);
  block.stage(Field.checkpointEndBytes, found.checkpointEnd?.bytes ?? 0);
  block.publish();
  return found;
}

/** Tries the checkpoint that the manifest names and those before it that are still there. */
function fromCheckpoint(source: RecoverySource, index: IndexBuilder): RecoveredIndex | undefined {
  const { options, scan, manifest } = source;
  const { fileSystem, directory } = options;
  let refusal: string | undefined;
  for (const checkpointId of candidates(manifest, scan)) {
    try {
      const checkpoint = loadCheckpoint({ fileSystem, directory, manifest }, checkpointId, index);
      const isPartial = checkpoint.header.isPartial === 1;
      if (isPartial && source.parts.index.cold === undefined) {
        throw corrupt(
          checkpoint.path,
          0,
          'a checkpoint of all keys',
          'one of the keys that were in a smaller index',
        );
      }
      const recovered = scanSegments(source, index, checkpoint);
      const { keys } = checkpoint.header;
      return {
        recovered,
        checkpointId,
        checkpointKeys: keys,
        checkpointBytes: checkpoint.fileBytes,
        checkpointEnd: checkpoint.header.end,
        isPartial,
        checkpointRefusal: refusal,
      };
    } catch (error) {
      refusal ??= refusalOf(error);
      startAgain(source.parts, index);
    }
  }
  if (refusal === undefined) return undefined;
  return { ...fromLog(source, index), checkpointRefusal: refusal };
}

function fromLog(source: RecoverySource, index: IndexBuilder): RecoveredIndex {
  return { ...NOTHING_FOUND, recovered: scanSegments(source, index, undefined) };
}

/** Ids of the checkpoints to try, newest first. One that no manifest has named was never finished. */
function candidates(manifest: Manifest, scan: DirectoryScan): number[] {
  if (manifest.checkpointId === 0) return [];
  const ids = new Set([manifest.checkpointId, ...scan.checkpoints]);
  return [...ids].filter((id) => id <= manifest.checkpointId).sort((one, other) => other - one);
}

const REFUSALS: ReadonlySet<string> = new Set([
  'STORAGE_CORRUPT',
  'STORAGE_IO',
  'STORAGE_FORMAT_UNSUPPORTED',
]);

/** Why a checkpoint was not used. What is wrong with the log itself the log will say again. */
function refusalOf(error: unknown): string {
  if (error instanceof CodedError && REFUSALS.has(error.code)) return error.message;
  throw error;
}

/** Nothing was recovered yet. */
function startAgain(parts: AssembledParts, index: IndexBuilder): void {
  index.clear();
  while (parts.segments.last !== undefined) parts.segments.removeLast();
  parts.ring.evict(parts.ring.frames, () => true);
}

function scanSegments(
  { options, scan, manifest, parts, isReading }: RecoverySource,
  index: IndexBuilder,
  checkpoint: LoadedCheckpoint | undefined,
): RecoveredSegments {
  const warming = new PageWarming(parts.ring, manifest.segments);
  const recovered = recoverSegments({
    fileSystem: options.fileSystem,
    directory: options.directory,
    manifest,
    table: parts.segments,
    values: parts.values,
    valueIds: scan.values,
    acceptUnproven: isReading,
    checkpoint: checkpoint?.header,
    index,
    onSegment: (segment, entry, bytes, from) => warming.take(segment, entry, bytes, from),
  });
  return { ...recovered, bytes: recovered.bytes + warming.bytesRead };
}
