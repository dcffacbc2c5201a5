/** Figures about a store, taken at one moment. Sizes are bytes. */
import type { ControlBlock } from './control/control-block.ts';
import { Field } from './control/store-fields.ts';
import { UNIT_BYTES } from './format/geometry.ts';
import { SegmentState } from './format/manifest.ts';
import type { KeyIndex } from './index/key-index.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { OldestSnapshot } from './session/snapshot-pins.ts';
import type { SpaceStats } from './space/store-space.ts';
import type { StoreParts } from './store-parts.ts';

export interface SegmentStats {
  readonly segmentId: number;
  readonly state: 'active' | 'sealed' | 'cut';
  readonly path: string;
  /** Header and committed groups. */
  readonly bytes: number;
  /** Of them, records that are no longer the newest of their keys. */
  readonly garbageBytes: number;
  /** Whether the segment is no part of the log any more and stays for those who read an older state. */
  readonly isCondemned: boolean;
  /** Sets and deletes, live or not. */
  readonly records: number;
  readonly deletes: number;
}

/** Of a store with `indexMemoryBudget`. */
export interface ColdIndexStats {
  readonly budget: number;
  /** Keys that the index has, and those that are found through the footers of their segments only; about. */
  readonly hotKeys: number;
  readonly coldKeys: number;
  /** What this thread keeps of footers. */
  readonly footerBytes: number;
  /** Looks into a segment by this thread, since it has opened the store; and those that its filter let pass for nothing. */
  readonly footerLookups: number;
  readonly falsePositives: number;
}

/** What compaction has done since the store was opened. */
export interface CompactionStats {
  readonly segmentsRemoved: number;
  readonly bytesRemoved: number;
  readonly bytesRelocated: number;
  readonly keysDropped: number;
  /** Bytes that were appended for each byte that was written; 1 without compaction. */
  readonly writeAmplification: number;
}

export interface StoreStats {
  /** Keys in the index, deleted ones included. */
  readonly indexedKeys: number;
  readonly indexBytes: number;
  /** Undefined where every key stays in the index. */
  readonly coldIndex: ColdIndexStats | undefined;
  /** The order of the keys; 0 while nobody has asked for a range. */
  readonly orderedBytes: number;
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
  readonly compaction: CompactionStats;
  /** Why writes are refused; undefined where they are taken. */
  readonly readOnlyReason: 'noSpace' | 'poisoned' | 'openedReadOnly' | undefined;
  readonly space: SpaceStats;
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
  const logBytes = segments.inOrder.reduce((sum, segment) => sum + segment.bytes, 0);
  return {
    indexedKeys: index.keys,
    indexBytes: index.bytes,
    coldIndex: coldIndexStats(index),
    orderedBytes: index.orderedBytes,
    residentBytes: ring.touchedBytes,
    logBytes,
    segments: segments.inOrder.map((segment) => ({
      segmentId: segment.segmentId,
      state: STATES[segment.state],
      path: segment.path,
      bytes: segment.bytes,
      garbageBytes: control.garbage[segment.slot]! * UNIT_BYTES,
      isCondemned: segment.isCondemned,
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
    compaction: compactionStats(block, logBytes),
    readOnlyReason: readOnlyReasonOf(parts),
    space: parts.space.stats,
    recovery: report,
  };
}

function coldIndexStats({ cold, coldKeys, keys }: KeyIndex): ColdIndexStats | undefined {
  if (cold === undefined) return undefined;
  const { bytes, lookups, falsePositives } = cold.stats;
  return {
    budget: cold.budget,
    hotKeys: keys - coldKeys,
    coldKeys,
    footerBytes: bytes,
    footerLookups: lookups,
    falsePositives,
  };
}

function readOnlyReasonOf({ isReadOnly, poison, space }: StoreParts): StoreStats['readOnlyReason'] {
  if (isReadOnly) return 'openedReadOnly';
  if (poison.failure !== undefined) return 'poisoned';
  return space.isOut ? 'noSpace' : undefined;
}

function compactionStats(block: ControlBlock, logBytes: number): CompactionStats {
  const bytesRemoved = block.get(Field.bytesRemoved);
  const bytesRelocated = block.get(Field.bytesRelocated);
  const bytesAppended = logBytes + bytesRemoved - block.get(Field.bytesOpened);
  return {
    segmentsRemoved: block.get(Field.segmentsRemoved),
    bytesRemoved,
    bytesRelocated,
    keysDropped: block.get(Field.keysDropped),
    writeAmplification: bytesAppended > bytesRelocated ? bytesAppended / (bytesAppended - bytesRelocated) : 1,
  };
}
