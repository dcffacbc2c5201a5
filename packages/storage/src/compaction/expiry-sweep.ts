/**
 * The sweep: entries whose deadline passed long ago make room without anybody touching them, wherever in the log they
 * lie. In the place of each, only that the key is gone is appended, and since which version, as compaction does with
 * those that it comes upon; what they took is garbage from then on, and goes with the next pass over its segment.
 *
 * The rule is that of compaction: the deadline and the time for which deletions are remembered are over, and no snapshot
 * is open. The deletion has the version and the sequence of the entry and, as its time, the deadline; so it is no change,
 * and nobody can tell it from the expired entry.
 */
import { CodedError } from '@htkv/base';

import { Field } from '../control/store-fields.ts';
import { slotOf } from '../log/address.ts';
import type { RecordAppender, RecordPlace } from '../record-appender.ts';
import type { StoreParts } from '../store-parts.ts';
import type { CompactionOwner } from './compaction-owner.ts';
import type { CompactionOptions } from './compaction-policy.ts';

/** Entries that one sweep takes on, which bounds what it keeps in memory; the next one goes on. */
const KEYS_PER_SWEEP = 65_536;

export class ExpirySweep {
  readonly #parts: StoreParts;
  readonly #appender: RecordAppender;
  readonly #owner: CompactionOwner;
  /** Deadlines up to here are long over; milliseconds since the epoch. */
  readonly #overdueAt: number;
  readonly #addresses: number[] = [];
  /** Segments by slot, as they were when the addresses were gathered: a slot may be given to another one since. */
  readonly #segmentIds = new Map<number, number>();
  readonly #revocations: number;
  #next = 0;
  #keysSwept = 0;

  /**
   * Finds what is to be swept at the time `now`, in this thread's turn. O(keys with a deadline).
   */
  constructor(
    parts: StoreParts,
    appender: RecordAppender,
    options: CompactionOptions,
    owner: CompactionOwner,
    now: number,
  ) {
    this.#parts = parts;
    this.#appender = appender;
    this.#owner = owner;
    this.#overdueAt = now - options.tombstoneGraceMs;
    this.#revocations = parts.control.block.get(Field.revocations);
    if (this.#isHeldUp) return;
    for (const address of parts.index.overdue(this.#overdueAt)) {
      this.#addresses.push(address);
      const slot = slotOf(address);
      if (!this.#segmentIds.has(slot)) this.#segmentIds.set(slot, parts.segments.at(slot).segmentId);
      if (this.#addresses.length === KEYS_PER_SWEEP) break;
    }
  }

  /** Whether there is nothing left to do. */
  get isDone(): boolean {
    return this.#next >= this.#addresses.length;
  }

  /** Entries of which only a deletion is left. */
  get keysSwept(): number {
    return this.#keysSwept;
  }

  /** Looks at up to `keys` more entries, in a turn of its own. Throws what appending throws. */
  step(keys: number): void {
    this.#owner.inTurn(() => {
      const { control } = this.#parts;
      if (this.#isHeldUp || control.block.get(Field.revocations) !== this.#revocations) {
        this.#next = this.#addresses.length;
        return;
      }
      const end = Math.min(this.#addresses.length, this.#next + keys);
      for (; this.#next < end; this.#next += 1) this.#settle(this.#addresses[this.#next]!);
    });
  }

  /** A reader of an older state goes by its own time, at which what has expired since may not have. */
  get #isHeldUp(): boolean {
    return this.#owner.keptFrom() !== Infinity;
  }

  #settle(address: number): void {
    const { segments } = this.#parts;
    const slot = slotOf(address);
    if (segments.find(slot)?.segmentId !== this.#segmentIds.get(slot)) return;
    const found = this.#overdue(address);
    if (found === undefined) return;
    this.#appender.relocateAsDelete(found.record, found.key);
    this.#keysSwept += 1;
  }

  /** The record at `address` and its key, if it still is the newest of that. */
  #overdue(address: number): { readonly record: RecordPlace; readonly key: Uint8Array } | undefined {
    const { reader, index } = this.#parts;
    try {
      reader.open(address);
      const head = reader.head();
      if (head.expiresAt === undefined || head.expiresAt > this.#overdueAt) return undefined;
      const { bytes } = reader;
      const key = reader.copyKey();
      // A key that has left the index comes back when it is looked for.
      const isCold = index.cold !== undefined && !index.isNewest(head.keyHash, address);
      const isNewest = isCold ? index.find(key) === address : index.isNewest(head.keyHash, address);
      return isNewest ? { record: { head, address, bytes }, key } : undefined;
    } catch (error) {
      // Damage is for whoever checks the store to tell; what cannot be read is left as it is.
      if (error instanceof CodedError) return undefined;
      throw error;
    }
  }
}
