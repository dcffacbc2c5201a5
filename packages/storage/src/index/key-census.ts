/**
 * Which keys of the index are not simply live: the ones whose newest record is a delete, and the ones with a
 * deadline. Their numbers are shared by all threads. The deadlines themselves each thread keeps for itself, as long as
 * it is the only one that changes them; after another thread has, they are gathered from the index when asked for.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';

/** What counting needs to know of a record. */
export interface CountedRecord {
  readonly isDelete: boolean;
  /** Milliseconds since the epoch; undefined without a deadline. */
  readonly expiresAt: number | undefined;
}

/** The numbers of the census. */
export interface RecoveredCounts {
  /** Deleted ones included. */
  readonly keys: number;
  readonly deletedKeys: number;
  readonly keysWithDeadline: number;
}

const LIVE: CountedRecord = Object.freeze({ isDelete: false, expiresAt: undefined });
const DELETED: CountedRecord = Object.freeze({ isDelete: true, expiresAt: undefined });

export function countedRecord(isDelete: boolean, expiresAt: number | undefined): CountedRecord {
  if (isDelete) return DELETED;
  return expiresAt === undefined ? LIVE : { isDelete, expiresAt };
}

export class KeyCensus {
  readonly #control: ControlBlock;
  /** Deadlines in milliseconds since the epoch, by address of the newest record. */
  #deadlines = new Map<number, number>();
  /** The shared count of changes that `#deadlines` shows: at first none. */
  #changesSeen = 0;

  constructor(control: ControlBlock) {
    this.#control = control;
  }

  /** Keys in the index, deleted ones included. */
  get keys(): number {
    return this.#control.get(Field.keys);
  }

  /** Stages that the record at `address` takes the place of the one at `previous`; undefined for none. */
  stage(
    address: number,
    record: CountedRecord | undefined,
    previous: number,
    replaced: CountedRecord | undefined,
  ): void {
    const control = this.#control;
    const added = (record === undefined ? 0 : 1) - (replaced === undefined ? 0 : 1);
    if (added !== 0) {
      control.stage(Field.keys, control.get(Field.keys) + added);
      if (added > 0) control.stage(Field.keysAdded, control.get(Field.keysAdded) + 1);
    }
    const deleted = (record?.isDelete === true ? 1 : 0) - (replaced?.isDelete === true ? 1 : 0);
    if (deleted !== 0) control.stage(Field.deletedKeys, control.get(Field.deletedKeys) + deleted);
    if (record?.expiresAt !== undefined || replaced?.expiresAt !== undefined) {
      this.#stageDeadline(address, record?.expiresAt, previous, replaced?.expiresAt);
    }
  }

  /** Addresses of the newest records whose deadline was at `time` or before. As {@link live}. */
  *overdue(
    time: number,
    gather: () => Iterable<[address: number, deadline: number]>,
  ): Generator<number, void, undefined> {
    if (this.#control.get(Field.keysWithDeadline) === 0) return;
    this.#follow(gather);
    for (const [address, deadline] of this.#deadlines) if (deadline <= time) yield address;
  }

  /** Keys that are neither deleted nor past their deadline at `now`. `gather` walks the deadlines of the index. */
  live(now: number, gather: () => Iterable<[address: number, deadline: number]>): number {
    const control = this.#control;
    let count = control.get(Field.keys) - control.get(Field.deletedKeys);
    if (control.get(Field.keysWithDeadline) === 0) return count;
    this.#follow(gather);
    for (const deadline of this.#deadlines.values()) if (deadline <= now) count -= 1;
    return count;
  }

  /**
   * Begins with what recovery has counted. `deadlines` are those of the newest records, by address; undefined if they
   * are not known, and have to be gathered when they are asked for.
   */
  restore(counts: RecoveredCounts, deadlines: Map<number, number> | undefined): void {
    const control = this.#control;
    control.stage(Field.keys, counts.keys);
    control.stage(Field.keysAdded, counts.keys);
    control.stage(Field.deletedKeys, counts.deletedKeys);
    control.stage(Field.keysWithDeadline, counts.keysWithDeadline);
    control.stage(Field.deadlineChanges, 1);
    control.publish();
    if (deadlines === undefined) return;
    this.#deadlines = deadlines;
    this.#changesSeen = 1;
  }

  /** Counts again, where a thread died while it was taking records back. O(keys). */
  recount(records: Iterable<CountedRecord>): void {
    let keys = 0;
    let deleted = 0;
    let deadlines = 0;
    for (const { isDelete, expiresAt } of records) {
      keys += 1;
      if (isDelete) deleted += 1;
      if (expiresAt !== undefined) deadlines += 1;
    }
    const control = this.#control;
    control.stage(Field.keys, keys);
    control.stage(Field.deletedKeys, deleted);
    control.stage(Field.keysWithDeadline, deadlines);
    control.stage(Field.deadlineChanges, control.get(Field.deadlineChanges) + 1);
    control.publish();
  }

  #follow(gather: () => Iterable<[address: number, deadline: number]>): void {
    const changes = this.#control.get(Field.deadlineChanges);
    if (this.#changesSeen === changes) return;
    this.#deadlines = new Map(gather());
    this.#changesSeen = changes;
  }

  #stageDeadline(
    address: number,
    expiresAt: number | undefined,
    previous: number,
    replaced: number | undefined,
  ): void {
    const control = this.#control;
    const changes = control.get(Field.deadlineChanges) + 1;
    const added = (expiresAt === undefined ? 0 : 1) - (replaced === undefined ? 0 : 1);
    control.stage(Field.deadlineChanges, changes);
    control.stage(Field.keysWithDeadline, control.get(Field.keysWithDeadline) + added);
    if (this.#changesSeen !== changes - 1) return;
    this.#changesSeen = changes;
    this.#deadlines.delete(previous);
    if (expiresAt !== undefined) this.#deadlines.set(address, expiresAt);
  }
}
