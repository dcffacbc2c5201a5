/**
 * The parts of a store in one thread, made from what threads have in common and joined to each other. Nothing of the
 * log is read.
 */
import { EntryCollector } from './entry-collector.ts';
import { ControlMemory } from './control/shared-memory.ts';
import { Field } from './control/store-fields.ts';
import { LogSignal } from './feed/log-signal.ts';
import type { FileSystem } from './fs/file-system.ts';
import { coldKeysOf } from './index/cold-keys.ts';
import { HashIndex } from './index/hash-index.ts';
import { KeyIndex } from './index/key-index.ts';
import { OrderedIndex } from './index/ordered-index.ts';
import { SoughtKey } from './index/sought-key.ts';
import { CommitJobCell } from './io/commit-job.ts';
import { LogReader } from './log/log-reader.ts';
import { LogWalk } from './log/log-walk.ts';
import { PageRing } from './log/page-ring.ts';
import { Catalog } from './manifest/catalog.ts';
import type { StoreMemory } from './memory/memory-plan.ts';
import { SegmentTable } from './segment/segment-table.ts';
import { Poison } from './session/poison.ts';
import { Publication } from './session/publication.ts';
import { SharedClock } from './session/shared-clock.ts';
import { SnapshotPins } from './session/snapshot-pins.ts';
import { ThreadSlots } from './session/thread-slots.ts';
import { StoreSpace } from './space/store-space.ts';
import type { StoreIdentity } from './store-options.ts';
import type { StoreParts } from './store-parts.ts';
import { ValueFiles } from './value/value-files.ts';

/** What is known before recovery. */
export type AssembledParts = Omit<
  StoreParts,
  'lock' | 'isReadOnly' | 'report' | 'slot' | 'leave' | 'startCommitRunner'
>;

/** What a thread brings along. */
export interface ThreadSurroundings {
  readonly fileSystem: FileSystem;
  /** Milliseconds since the epoch; for creation dates, and for how often it is looked for room on a full device. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** `generations` are those of the manifest files that this thread has found in the directory. */
export function assembleParts(
  identity: StoreIdentity,
  memory: StoreMemory,
  surroundings: ThreadSurroundings,
  generations: readonly number[],
): AssembledParts {
  const { fileSystem, randomBytes, now } = surroundings;
  const { directory, storeId, keyHashSeed, pageLog2 } = identity;
  const control = new ControlMemory(memory.control, memory.ring.byteLength / 2 ** pageLog2);
  const segments = new SegmentTable(fileSystem, directory, control);
  const ring = new PageRing(memory.ring, memory.pageTable, pageLog2, control);
  const sought = new SoughtKey(keyHashSeed);
  const reader = new LogReader(segments, ring, sought);
  const walk = new LogWalk({ ring, segments, control: control.block });
  const cold = coldKeysOf(identity, {
    segments,
    ring,
    control,
    reader: new LogReader(segments, ring, sought),
  });
  const countKeys = cold === undefined ? (): number => control.block.get(Field.keys) : undefined;
  const table = new HashIndex(memory.index, identity.indexLoadFactor, countKeys, cold);
  const ordered = new OrderedIndex(memory.ordered, reader, walk, table, control.block);
  const index = new KeyIndex(reader, sought, table, ordered, control, cold);
  const clock = new SharedClock(control);
  return {
    identity,
    fileSystem,
    memory,
    control,
    slots: new ThreadSlots(control.threadSlots),
    pins: new SnapshotPins(control),
    publication: new Publication(control),
    poison: new Poison(control),
    clock,
    cell: new CommitJobCell(control),
    signal: new LogSignal(control.words),
    catalog: new Catalog({
      fileSystem,
      directory,
      storeId,
      keyHashSeed,
      pageLog2,
      segments,
      control: control.block,
      generations,
      clockHighWater: () => clock.highWater,
      now,
      randomBytes,
    }),
    segments,
    ring,
    reader,
    index,
    entries: new EntryCollector({ ring, reader, index, table, ordered, control }),
    values: new ValueFiles(fileSystem, directory, { storeId, salt: randomBytes(16) }),
    space: new StoreSpace({
      fileSystem,
      directory,
      control: control.block,
      segments,
      maxSegmentSize: identity.maxSegmentSize,
      ballastBytes: identity.ballastBytes,
      now,
    }),
  };
}
