/** Figures about a store, taken at one moment. Sizes are bytes. */
import { SegmentState } from './format/manifest.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
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
  /** Reads that went to a file since the store was opened. */
  readonly coldReads: number;
  readonly recovery: RecoveryReport;
}

const STATES = {
  [SegmentState.active]: 'active',
  [SegmentState.sealed]: 'sealed',
  [SegmentState.cut]: 'cut',
} as const;

/** The figures that the parts of a store know themselves. */
export function statsOf(
  parts: StoreParts,
): Omit<StoreStats, 'openGroupBytes' | 'durableSequence' | 'commits'> {
  const { index, ring, segments, progress, reader, report } = parts;
  return {
    indexedKeys: index.keys,
    indexBytes: index.bytes,
    residentBytes: ring.touchedBytes,
    logBytes: segments.inOrder.reduce((sum, segment) => sum + segment.bytes, 0),
    segments: segments.inOrder.map((segment) => ({
      segmentId: segment.header.segmentId,
      state: STATES[segment.state],
      path: segment.path,
      bytes: segment.bytes,
      records: segment.recordCount,
      deletes: segment.deleteCount,
    })),
    lastSequence: progress.lastSequence,
    highestVersion: progress.highestVersion,
    coldReads: reader.coldReads,
    recovery: report,
  };
}
