/** Figures about a store, taken at one moment. Sizes are bytes. */
import type { RecoveryReport } from './recovery/recovery-report.ts';

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
