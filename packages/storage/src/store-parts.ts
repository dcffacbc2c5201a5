/** What an opened store is made of. */
import type { Lock } from './fs/file-system.ts';
import type { KeyIndex } from './index/key-index.ts';
import type { CommitRunner } from './io/commit-job.ts';
import type { LogReader } from './log/log-reader.ts';
import type { PageRing } from './log/page-ring.ts';
import type { Catalog, Progress } from './manifest/catalog.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { SegmentTable } from './segment/segment-table.ts';
import type { ValueFiles } from './value/value-files.ts';

/** Joined to each other by `assembleParts`, and completed by what opening has found. */
export interface StoreParts {
  /** Undefined for a store that is only read. */
  readonly lock: Lock | undefined;
  readonly catalog: Catalog;
  readonly progress: Progress;
  readonly segments: SegmentTable;
  readonly ring: PageRing;
  readonly reader: LogReader;
  readonly index: KeyIndex;
  readonly values: ValueFiles;
  readonly pageLog2: number;
  readonly maxSegmentSize: number;
  /** The manifest says that the log ends where it ends. */
  readonly isClean: boolean;
  readonly report: RecoveryReport;
  /** Undefined where everything is done by the caller's thread. */
  readonly startCommitRunner: (() => CommitRunner) | undefined;
}
