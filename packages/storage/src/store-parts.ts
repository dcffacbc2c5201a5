/** What an opened store is made of, in one thread. */
import type { ControlMemory } from './control/shared-memory.ts';
import type { EntryCollector } from './entry-collector.ts';
import type { LogSignal } from './feed/log-signal.ts';
import type { FileSystem, Lock } from './fs/file-system.ts';
import type { KeyIndex } from './index/key-index.ts';
import type { CommitJobCell } from './io/commit-job.ts';
import type { CommitRunner } from './io/commit-runner.ts';
import type { LogReader } from './log/log-reader.ts';
import type { PageRing } from './log/page-ring.ts';
import type { Catalog } from './manifest/catalog.ts';
import type { StoreMemory } from './memory/memory-plan.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { SegmentTable } from './segment/segment-table.ts';
import type { Poison } from './session/poison.ts';
import type { Publication } from './session/publication.ts';
import type { SharedClock } from './session/shared-clock.ts';
import type { SnapshotPins } from './session/snapshot-pins.ts';
import type { ThreadSlots } from './session/thread-slots.ts';
import type { StoreSpace } from './space/store-space.ts';
import type { StoreIdentity } from './store-options.ts';
import type { ValueFiles } from './value/value-files.ts';

/** Joined to each other by `assembleParts`, and completed by what opening has found. */
export interface StoreParts {
  readonly identity: StoreIdentity;
  readonly fileSystem: FileSystem;
  readonly memory: StoreMemory;
  readonly control: ControlMemory;
  readonly slots: ThreadSlots;
  /** Number of this thread's slot. */
  readonly slot: number;
  readonly pins: SnapshotPins;
  readonly publication: Publication;
  readonly poison: Poison;
  readonly clock: SharedClock;
  readonly cell: CommitJobCell;
  readonly signal: LogSignal;
  /** Tells the others that this thread has left; undefined for the thread that opened the store. */
  readonly leave: (() => void) | undefined;
  /** The directory's; undefined for a store that is only read, and for threads that came later. */
  readonly lock: Lock | undefined;
  readonly isReadOnly: boolean;
  readonly catalog: Catalog;
  readonly segments: SegmentTable;
  readonly ring: PageRing;
  readonly reader: LogReader;
  readonly index: KeyIndex;
  readonly entries: EntryCollector;
  readonly values: ValueFiles;
  readonly space: StoreSpace;
  readonly report: RecoveryReport;
  /** Undefined where everything is done by the caller's thread. */
  readonly startCommitRunner: ((onDone: () => void) => CommitRunner) | undefined;
}
