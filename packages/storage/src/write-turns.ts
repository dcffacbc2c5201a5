/**
 * Turns in which something is appended: what has to be true before, and what a failure means afterwards.
 */
import { CodedError } from '@htkv/base';

import type { Compactor } from './compaction/compactor.ts';
import { beginWriting, reopenLast } from './continue-log.ts';
import type { ControlBlock } from './control/control-block.ts';
import { Field } from './control/store-fields.ts';
import { storeEnded } from './failure.ts';
import type { HybridLog } from './log/hybrid-log.ts';
import { AppendRefused, type RecordAppender } from './record-appender.ts';
import type { StoreSession } from './session/store-session.ts';
import type { FailureSettler } from './settle-failure.ts';
import type { StoreParts } from './store-parts.ts';
import type { RecordWrite } from './stored-record.ts';

export class WriteTurns {
  readonly #parts: StoreParts;
  readonly #log: HybridLog;
  readonly #appender: RecordAppender;
  readonly #failures: FailureSettler;
  readonly #session: StoreSession;
  readonly #control: ControlBlock;
  /** Where the log ended, in quarters of segments, and what had become garbage, when its length was looked at. */
  #quarterSeen = 0;
  #garbageSeen = 0;

  constructor(
    parts: StoreParts,
    log: HybridLog,
    appender: RecordAppender,
    failures: FailureSettler,
    session: StoreSession,
  ) {
    this.#parts = parts;
    this.#log = log;
    this.#appender = appender;
    this.#failures = failures;
    this.#session = session;
    this.#control = parts.control.block;
    parts.index.cold?.takeTurnsBy((step) => {
      session.enter();
      try {
        return step();
      } finally {
        session.leave();
      }
    });
  }

  /** Throws unless writes can be taken: `STORAGE_ENDED`, `STORAGE_READ_ONLY`, `STORAGE_POISONED`. */
  requireWritable(): void {
    if (this.#control.get(Field.isClosed) === 1) throw storeEnded();
    if (this.#parts.isReadOnly) {
      throw new CodedError('STORAGE_READ_ONLY', 'the store was opened for reading only');
    }
    const cause = this.#parts.poison.failure;
    if (cause === undefined) return;
    throw new CodedError(
      'STORAGE_POISONED',
      'the store takes no writes after a failed write or sync; open it again',
      { cause },
    );
  }

  /** Runs a step that appends, in a turn; a failure means to the store what it means in a write. */
  run<Result>(step: () => Result): Result {
    this.#session.enter();
    try {
      this.requireWritable();
      const isFirst = this.#isClean;
      if (isFirst) reopenLast(this.#parts);
      try {
        if (isFirst) beginWriting(this.#parts, this.#log);
        return step();
      } catch (error) {
        throw this.#failures.settle(error);
      }
    } finally {
      this.#session.leave();
    }
  }

  /** Publishes a manifest outside of the life of a segment, ready to write behind it. */
  publish(): void {
    const isFirst = this.#isClean;
    this.run(() => {
      if (!isFirst) this.#parts.catalog.publish(false);
    });
  }

  /**
   * Appends writes, of which there is at least one, in this thread's turn. Whoever comes first after the log has got
   * longer by a quarter of a segment, or has made garbage of as much as an eighth, pays for the room that the log takes,
   * if nobody else has seen to it. Throws what `LogStore.apply` throws.
   */
  apply(writes: readonly RecordWrite[], compactor: Compactor): void {
    this.#parts.space.require(writes);
    if (this.#hasChanged() && compactor.isPressing) compactor.relieve();
    const isFirst = this.#isClean;
    // A failure to open it again changes nothing.
    if (isFirst) reopenLast(this.#parts);
    const valueIdFrom = this.#control.get(Field.nextValueId);
    try {
      if (isFirst) beginWriting(this.#parts, this.#log);
      this.#appender.append(writes);
    } catch (error) {
      this.#parts.values.discard(valueIdFrom, this.#control.get(Field.nextValueId));
      throw error instanceof AppendRefused ? error.cause : this.#failures.settle(error);
    }
  }

  /** Whether the log may take too much room since it was looked at last. */
  #hasChanged(): boolean {
    const { index, identity } = this.#parts;
    const { maxSegmentSize } = identity;
    const quarter = Math.min(3, Math.floor((4 * this.#control.get(Field.tail)) / maxSegmentSize));
    const quarters = 4 * this.#control.get(Field.nextSegmentId) + quarter;
    const hasGarbage = index.garbageMade - this.#garbageSeen >= maxSegmentSize / 8;
    if (quarters === this.#quarterSeen && !hasGarbage) return false;
    this.#quarterSeen = quarters;
    this.#garbageSeen = index.garbageMade;
    return true;
  }

  get #isClean(): boolean {
    return this.#control.get(Field.isClean) === 1;
  }
}
