/** Figures about a store, taken at one moment. Sizes are bytes. */
import { Field } from './control/store-fields.ts';
import { SegmentState } from './format/manifest.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { OldestSnapshot } from './session/snapshot-pins.ts';
import type { StoreParts } from './store-parts.ts';

export interface SegmentStats {
  readonly segmentId: number;
  readonly state: 'active' | 'sealed' | 'cut';
  readonly path: string;
  /** Header and committed groups. */
  readonly bytes: number;
  /** Sets and deletes, live or not. */
  readonly records: number;
  readonly deletes: number;
}

export interface StoreStats {
  /** Keys in the index, deleted ones included. */
  readonly indexedKeys: number;
  readonly indexBytes: number;
  /** Pages of the log in memory; what `memoryBudget` bounds. */
  readonly residentBytes: number;
  /** Appended and not yet written to a file. */
  readonly openGroupBytes: number;
  readonly logBytes: number;
  readonly segments: readonly SegmentStats[];
  readonly lastSequence: number;
  readonly durableSequence: number;
  readonly highestVersion: number;
  /** Commit groups written since the store was opened. */
  readonly commits: number;
  /** Threads that have the store open. */
  readonly threads: number;
  /** Snapshots that are open, in all threads, and the oldest of them. */
  readonly openSnapshots: number;
  readonly oldestSnapshot: OldestSnapshot | undefined;
  /** Reads of this thread that went to a file since it opened the store. */
  readonly coldReads: number;
  readonly recovery: RecoveryReport;
}

const STATES = {
  [SegmentState.active]: 'active',
  [SegmentState.sealed]: 'sealed',
  [SegmentState.cut]: 'cut',
} as const;

/** The figures that the parts of a store know themselves. */
export function statsOf(parts: StoreParts): Omit<StoreStats, 'openGroupBytes'> {
  const { index, ring, segments, control, reader, report } = parts;
  const { block } = control;
  return {
    indexedKeys: index.keys,
    indexBytes: index.bytes,
    residentBytes: ring.touchedBytes,
    logBytes: segments.inOrder.reduce((sum, segment) => sum + segment.bytes, 0),
    segments: segments.inOrder.map((segment) => ({
      segmentId: segment.segmentId,
      state: STATES[segment.state],
      path: segment.path,
      bytes: segment.bytes,
      records: segment.recordCount,
      deletes: segment.deleteCount,
    })),
    lastSequence: block.get(Field.lastSequence),
    highestVersion: block.get(Field.highestVersion),
    durableSequence: block.get(Field.durableSequence),
    commits: block.get(Field.commits),
    threads: parts.slots.count,
    openSnapshots: parts.pins.count,
    oldestSnapshot: parts.pins.oldest,
    coldReads: reader.coldReads,
    recovery: report,
  };
}
