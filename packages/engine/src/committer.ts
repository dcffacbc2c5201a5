/**
 * When writes become durable: gathers those who wait for a commit group, makes the group durable once for all of
 * them, and keeps the promise that nothing stays undurable for longer than the configured interval.
 *
 * All who wait for the same level of the same group share one promise. A commit is scheduled behind what runs
 * already, so everything that is written in one turn of the event loop, and by the continuations of the group
 * before, becomes one group. Nobody hears of a loss who lost nothing: what a full segment made durable on the way is
 * settled at once, and a failure concerns only what is younger.
 */
import type { Durability } from '@htkv/replication';
import type { LogStore } from '@htkv/storage';

import type { Environment } from './environment.ts';
import { commitFailure, commitUnknown } from './failure.ts';

/** Appended bytes that are handed to the operating system without waiting for anybody. */
const OPEN_BYTES_MAX = 4 * 1024 * 1024;

const DONE = Promise.resolve();

interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes that were taken back: those of the commit order above `after`, up to `upTo`. */
interface Loss {
  readonly after: number;
  readonly upTo: number;
  readonly failure: Error;
}

function newWaiters(): Waiters {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits sees the rejection; the group itself must not count as unhandled.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

export class Committer {
  readonly #store: LogStore;
  readonly #environment: Environment;
  readonly #fsyncIntervalMs: number;
  #forDisk: Waiters | undefined;
  #forOs: Waiters | undefined;
  #isScheduled = false;
  #cancelTimer: (() => void) | undefined;
  /** When the oldest undurable write was made, as far as the timer is concerned. Of meaning while the timer runs. */
  #undurableSince = 0;
  /** Up to this place of the commit order it is known whether somebody waits for a write. */
  #accountedSequence: number;
  /** The last write that nobody waits for. Invariant: at most `#accountedSequence`. */
  #unwatchedSequence = 0;
  #writtenSeen: number;
  #revokedSeen: number;
  /** Ascending. One for each time that a device ran full while writes were open, so it stays short. */
  readonly #losses: Loss[] = [];
  /** Why writes were lost that nobody waited for; told to the next who asks for durability. */
  #untoldLoss: Error | undefined;

  constructor(store: LogStore, environment: Environment, fsyncIntervalMs: number) {
    this.#store = store;
    this.#environment = environment;
    this.#fsyncIntervalMs = fsyncIntervalMs;
    this.#accountedSequence = store.lastSequence;
    this.#writtenSeen = store.writtenSequence;
    this.#revokedSeen = store.revokedSequence;
  }

  /**
   * Resolves when everything applied so far has reached `level`; rejects if its group fails. At level `'memory'` it
   * may throw, as {@link settleNow} does.
   */
  whenDone(level: Durability): Promise<void> {
    if (level === 'memory') {
      this.settleNow('memory');
      return DONE;
    }
    const { poison, durableSequence, lastSequence } = this.#store;
    this.#accountedSequence = lastSequence;
    if (poison !== undefined && durableSequence < lastSequence) return Promise.reject(commitUnknown(poison));
    if (!this.#store.isDirty) return DONE;
    if (level === 'os' && this.#store.openGroupBytes === 0) return DONE;
    this.#schedule();
    if (level === 'os') return (this.#forOs ??= newWaiters()).promise;
    return (this.#forDisk ??= newWaiters()).promise;
  }

  /** Resolves when the write at `sequence` and all before it are durable; rejects if it was taken back. */
  whenDurable(sequence: number): Promise<void> {
    const loss = this.#losses.find(({ after, upTo }) => sequence > after && sequence <= upTo);
    if (loss !== undefined) return Promise.reject(loss.failure);
    return sequence <= this.#store.durableSequence ? DONE : this.whenDone('disk');
  }

  /**
   * Takes a write to `level` before it returns, and bounds what is undurable in time and in bytes, even if the event
   * loop never runs. Throws what the commit throws.
   */
  settleNow(level: Durability): void {
    const { lastSequence } = this.#store;
    if (level === 'memory' && lastSequence > this.#accountedSequence) this.#unwatchedSequence = lastSequence;
    this.#accountedSequence = lastSequence;
    if (!this.#store.isDirty) return;
    if (level === 'disk') return this.commitNow('disk');
    const now = this.#environment.systemTime();
    this.#startTimer(now);
    const waited = now - this.#undurableSince;
    // The clock may be set back; what is undurable must not wait until it has caught up.
    if (waited >= this.#fsyncIntervalMs || waited < 0) this.commitNow('disk');
    else if (level === 'os' || this.#store.openGroupBytes > OPEN_BYTES_MAX) this.commitNow('os');
  }

  /**
   * To be called after each write, before anybody waits for it: it may have filled a segment, and then everything
   * before it is durable, or memory, and then everything before it is written. Throws what a commit throws.
   */
  afterApply(): void {
    if (this.#store.writtenSequence === this.#writtenSeen) return;
    const isDurable = this.#store.durableSequence === this.#store.writtenSequence;
    if (isDurable || this.#forDisk === undefined) this.#resolveWaiters();
    else this.commitNow('disk');
  }

  /** To be called when applying a write failed with `error`: it may have taken the open group with it. */
  afterFailedApply(error: Error): void {
    const { poison, revokedSequence, writtenSequence, durableSequence } = this.#store;
    if (durableSequence === writtenSequence && writtenSequence !== this.#writtenSeen) this.#resolveWaiters();
    if (poison !== undefined) this.#fail(commitUnknown(poison));
    else if (revokedSequence !== this.#revokedSeen) this.#fail(error);
  }

  /**
   * Commits on the spot, to the disk if anybody waits for that: a failure then means the same to all who wait.
   * Throws what they are rejected with.
   */
  commitNow(level: 'os' | 'disk'): void {
    try {
      this.#store.commit(level === 'disk' || this.#forDisk !== undefined);
    } catch (error) {
      const failure = commitFailure(error);
      this.#fail(failure);
      throw failure;
    }
    this.#resolveWaiters();
  }

  /** The failure that took writes which nobody waited for, once. */
  takeLoss(): Error | undefined {
    const loss = this.#untoldLoss;
    this.#untoldLoss = undefined;
    return loss;
  }

  /** Stops the timer. Invariant: nobody waits, because a commit settles all. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #resolveWaiters(): void {
    const { writtenSequence, durableSequence } = this.#store;
    this.#writtenSeen = writtenSequence;
    this.#forOs?.resolve();
    this.#forDisk?.resolve();
    this.#forOs = undefined;
    this.#forDisk = undefined;
    if (!this.#store.isDirty) this.close();
    if (durableSequence === writtenSequence) return;
    // What is written has still to become durable, and nobody waits for that any more.
    this.#unwatchedSequence = Math.max(this.#unwatchedSequence, writtenSequence);
    this.#startTimer(this.#environment.systemTime());
  }

  #fail(failure: Error): void {
    const { poison, revokedSequence, writtenSequence, durableSequence } = this.#store;
    if (revokedSequence !== this.#revokedSeen) {
      this.#revokedSeen = revokedSequence;
      this.#losses.push({ after: writtenSequence, upTo: revokedSequence, failure });
    }
    this.#writtenSeen = writtenSequence;
    const safeSequence = poison === undefined ? writtenSequence : durableSequence;
    if (this.#unwatchedSequence > safeSequence) this.#untoldLoss ??= failure;
    this.#unwatchedSequence = 0;
    this.#forOs?.reject(failure);
    this.#forDisk?.reject(failure);
    this.#forOs = undefined;
    this.#forDisk = undefined;
    this.close();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#environment.soon(() => {
      this.#isScheduled = false;
      if (this.#forOs !== undefined || this.#forDisk !== undefined) this.#commitForWaiters('os');
    });
  }

  #commitForWaiters(level: 'os' | 'disk'): void {
    try {
      this.commitNow(level);
    } catch {
      // Those who wait were told.
    }
  }

  #startTimer(now: number): void {
    if (this.#cancelTimer !== undefined) return;
    this.#undurableSince = now;
    this.#cancelTimer = this.#environment.later(this.#fsyncIntervalMs, () => {
      this.#cancelTimer = undefined;
      this.#commitForWaiters('disk');
    });
  }
}
