/**
 * When writes become durable: gathers those who wait for a commit group, makes the group durable once for all of
 * them, and keeps the promise that nothing stays undurable for longer than the configured interval.
 *
 * All who wait for the same level of the same group share one promise. A commit is scheduled behind what runs
 * already, so everything that is written in one turn of the event loop, and by the continuations of the group
 * before, becomes one group. Nobody hears of a loss who lost nothing: what a full segment made durable on the way is
 * settled at once, and a failure concerns only what is younger.
 *
 * Where the store has a thread for it, a commit runs in the background and the next group gathers meanwhile; it is
 * committed when the one before has landed. Whoever cannot wait for the event loop commits on the spot.
 */
import type { Durability } from '@htkv/replication';
import { errorCode } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import type { Environment } from './environment.ts';
import { commitFailure, commitUnknown, writesRevoked } from './failure.ts';

/** Appended bytes that are handed to the operating system without waiting for anybody. */
const OPEN_BYTES_MAX = 4 * 1024 * 1024;

const DONE = Promise.resolve();

interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Places in the commit order of the first and the last write that is waited for. */
  from: number;
  upTo: number;
}

/** A commit in the background and those who wait for it. */
interface RunningCommit {
  readonly forDisk: Waiters | undefined;
  readonly forOs: Waiters | undefined;
  /** When it began: what it does not cover is younger. */
  readonly beganAt: number;
}

/** Writes that were taken back: those of the commit order above `after`, up to `upTo`. */
interface Loss {
  readonly after: number;
  readonly upTo: number;
  readonly failure: Error;
}

function newWaiters(): Waiters {
  return { ...Promise.withResolvers<void>(), from: Infinity, upTo: 0 };
}

/** Those who waited before, who go on waiting, and those who have come since. */
function joined(waiting: Waiters | undefined, before: Waiters | undefined): Waiters | undefined {
  if (before === undefined || waiting === undefined) return waiting ?? before;
  waiting.promise.then(before.resolve, before.reject);
  waiting.from = Math.min(waiting.from, before.from);
  return waiting;
}

export class Committer {
  readonly #store: LogStore;
  readonly #environment: Environment;
  readonly #fsyncIntervalMs: number;
  #forDisk: Waiters | undefined;
  #forOs: Waiters | undefined;
  /** The commit that runs in the background. Invariant: those above wait for younger writes. */
  #running: RunningCommit | undefined;
  #isScheduled = false;
  #cancelTimer: (() => void) | undefined;
  /** When the oldest undurable write was made, as far as the timer is concerned. Of meaning while the timer runs. */
  #undurableSince = 0;
  /** Up to this place of the commit order it is known whether somebody waits for a write. */
  #accountedSequence: number;
  /** The last write that nobody waits for. Invariant: at most `#accountedSequence`. */
  #unwatchedSequence = 0;
  #writtenSeen: number;
  /** Times that writes were taken back, as far as those who wait were told. */
  #revocationsSeen: number;
  /** Ascending. One for each time that a device ran full while writes were open, so it stays short. */
  readonly #losses: Loss[] = [];
  /** Called when a write or a commit has failed. */
  onFailure: (() => void) | undefined;
  /** Why writes were lost that nobody waited for; told to the next who asks for durability. */
  #untoldLoss: Error | undefined;

  constructor(store: LogStore, environment: Environment, fsyncIntervalMs: number) {
    this.#store = store;
    this.#environment = environment;
    this.#fsyncIntervalMs = fsyncIntervalMs;
    this.#accountedSequence = store.progress.lastSequence;
    this.#writtenSeen = store.progress.writtenSequence;
    this.#revocationsSeen = store.progress.revocations;
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
    const { poison, progress } = this.#store;
    const { durableSequence, lastSequence, isDirty, openGroupBytes } = progress;
    this.#accountedSequence = lastSequence;
    if (poison !== undefined && durableSequence < lastSequence) return Promise.reject(commitUnknown(poison));
    if (!isDirty) return DONE;
    if (level === 'os' && openGroupBytes === 0) return DONE;
    this.#schedule();
    const waiters = level === 'os' ? (this.#forOs ??= newWaiters()) : (this.#forDisk ??= newWaiters());
    waiters.from = Math.min(waiters.from, lastSequence);
    waiters.upTo = lastSequence;
    return waiters.promise;
  }

  /** Resolves when the write at `sequence` and all before it are durable; rejects if it was taken back. */
  whenDurable(sequence: number): Promise<void> {
    this.#noticeLosses();
    const loss = this.#losses.find(({ after, upTo }) => sequence > after && sequence <= upTo);
    if (loss !== undefined) return Promise.reject(loss.failure);
    return sequence <= this.#store.progress.durableSequence ? DONE : this.whenDone('disk');
  }

  /**
   * Takes a write to `level` before it returns, and bounds what is undurable in time and in bytes, even if the event
   * loop never runs. `now` is when the write was made. Throws what the commit throws.
   */
  settleNow(level: Durability, now: number = this.#environment.systemTime()): void {
    const { lastSequence } = this.#store.progress;
    if (level === 'memory' && lastSequence > this.#accountedSequence) this.#unwatchedSequence = lastSequence;
    this.#accountedSequence = lastSequence;
    if (level === 'disk' && this.#store.progress.isDirty) return this.commitNow('disk');
    // In a loop that never yields, nobody else sees that a commit in the background has come to its end. Its failure
    // takes this write along, so whoever must not return then waits for it on the spot.
    if (this.#running !== undefined && level === 'memory') this.#store.pollBackground();
    if (!this.#store.progress.isDirty) return;
    this.#startTimer(now);
    const waited = now - this.#undurableSince;
    // The clock may be set back; what is undurable must not wait until it has caught up.
    const isDue = waited >= this.#fsyncIntervalMs || waited < 0;
    if (level === 'os') this.commitNow(isDue ? 'disk' : 'os');
    else if (isDue) this.#commitSoon('disk');
    else if (this.#store.progress.openGroupBytes > OPEN_BYTES_MAX) this.#commitSoon('os');
  }

  /**
   * Bounds the bytes of copies that compaction has appended. Nothing is lost with them, so they become durable when what
   * they replace is about to go, or with the next write. Throws what the commit throws.
   */
  settleCopies(): void {
    if (this.#running !== undefined) this.#store.pollBackground();
    if (this.#store.progress.openGroupBytes > OPEN_BYTES_MAX) this.#commitSoon('os');
  }

  /**
   * To be called after each write, before anybody waits for it: it may have filled a segment, and then everything
   * before it is durable, or memory, and then everything before it is written. Throws what a commit throws.
   */
  afterApply(): void {
    this.#noticeLosses();
    const { writtenSequence, durableSequence } = this.#store.progress;
    if (writtenSequence === this.#writtenSeen) return;
    const isDurable = durableSequence === writtenSequence;
    if (isDurable || this.#forDisk === undefined) this.#resolveWaiters();
    else this.commitNow('disk');
  }

  /** To be called when applying a write failed with `error`: it may have taken the open group with it. */
  afterFailedApply(error: Error): void {
    const { poison, progress } = this.#store;
    const { revocations } = progress;
    if (poison !== undefined) this.#fail(commitUnknown(poison));
    else if (revocations !== this.#revocationsSeen) this.#fail(error);
    this.#resolveWaiters();
    this.onFailure?.();
  }

  /**
   * Commits on the spot, to the disk if anybody waits for that: a failure then means the same to all who wait.
   * Throws what they are rejected with.
   */
  commitNow(level: 'os' | 'disk'): void {
    try {
      this.#store.commit(level === 'disk' || this.#forDisk !== undefined);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#resolveWaiters();
  }

  /** Sees to it that writes which a thread left behind when it died become durable as soon as this thread's own. */
  commitAbandoned(): void {
    if (this.#store.progress.isDirty) this.#startTimer(this.#environment.systemTime());
  }

  /** The failure that took writes which nobody waited for, once. */
  takeLoss(): Error | undefined {
    this.#noticeLosses();
    const loss = this.#untoldLoss;
    this.#untoldLoss = undefined;
    return loss;
  }

  /** Stops the timer. Invariant: nobody waits, because a commit settles all. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /**
   * Commits in the background if that can be, else on the spot. One commit at a time: while one runs, the next comes
   * when it has landed. Throws what {@link commitNow} throws.
   */
  #commitSoon(level: 'os' | 'disk'): void {
    if (this.#running !== undefined) return;
    const isDurable = level === 'disk' || this.#forDisk !== undefined;
    this.#running = { forDisk: this.#forDisk, forOs: this.#forOs, beganAt: this.#environment.systemTime() };
    let hasBegun: boolean | 'busy' = false;
    try {
      hasBegun = this.#store.commitInBackground(isDurable, (error) => this.#land(error));
    } catch (error) {
      this.#running = undefined;
      throw this.#failed(error);
    }
    if (hasBegun === 'busy') {
      // Another thread's writes are being committed; these come next.
      this.#running = { forDisk: undefined, forOs: undefined, beganAt: this.#running.beganAt };
      return;
    }
    if (hasBegun) {
      this.#forDisk = undefined;
      this.#forOs = undefined;
      return;
    }
    this.#running = undefined;
    this.commitNow(level);
  }

  /** A commit in the background has come to its end. */
  #land(error: unknown): void {
    const running = this.#running!;
    this.#running = undefined;
    if (error !== undefined) {
      const failure = commitFailure(error);
      this.#noteRevocation(failure);
      this.#settle(running.forOs, 'os', failure);
      this.#settle(running.forDisk, 'disk', failure);
      this.#fail(failure);
      return;
    }
    this.#noticeLosses();
    const { writtenSequence, durableSequence, isDirty } = this.#store.progress;
    this.#writtenSeen = writtenSequence;
    this.#forOs = joined(this.#forOs, this.#settle(running.forOs, 'os'));
    this.#forDisk = joined(this.#forDisk, this.#settle(running.forDisk, 'disk'));
    if (!isDirty) return this.#resolveWaiters();
    if (durableSequence < writtenSequence) {
      this.#unwatchedSequence = Math.max(this.#unwatchedSequence, writtenSequence);
    } else if (this.#cancelTimer !== undefined) {
      this.close();
    }
    this.#startTimer(durableSequence < writtenSequence ? this.#undurableSince : running.beganAt);
    if (this.#forOs !== undefined || this.#forDisk !== undefined) this.#schedule();
  }

  /** Tells those whose writes have got as far as they wait for. */
  #resolveWaiters(): void {
    this.#noticeLosses();
    const { writtenSequence, durableSequence, isDirty } = this.#store.progress;
    this.#writtenSeen = writtenSequence;
    this.#forOs = this.#settle(this.#forOs, 'os');
    this.#forDisk = this.#settle(this.#forDisk, 'disk');
    if (!isDirty) this.close();
    if (durableSequence === writtenSequence || this.#store.poison !== undefined) return;
    // What is written has still to become durable, and nobody waits for that any more.
    this.#unwatchedSequence = Math.max(this.#unwatchedSequence, writtenSequence);
    this.#startTimer(this.#environment.systemTime());
  }

  /** Another thread may have met the failure that took this one's writes. */
  #noticeLosses(): void {
    const { poison, progress } = this.#store;
    if (progress.revocations !== this.#revocationsSeen) this.#fail(writesRevoked());
    else if (poison !== undefined && (this.#forDisk ?? this.#forOs) !== undefined) {
      this.#fail(commitUnknown(poison));
    }
  }

  /** Keeps in mind which writes were taken back, if any were since the last time. */
  #noteRevocation(failure: Error): boolean {
    const { revocations, revokedSequence, revokedAfter } = this.#store.progress;
    const missed = (revocations - this.#revocationsSeen) | 0;
    if (missed === 0) return false;
    this.#revocationsSeen = revocations;
    // Of several, only the last is known; of what lies between, nobody knows what has become of it.
    if (missed > 1) {
      this.#losses.push({ after: this.#writtenSeen, upTo: revokedAfter, failure: commitUnknown(failure) });
    }
    this.#losses.push({ after: revokedAfter, upTo: revokedSequence, failure });
    return true;
  }

  /**
   * Tells waiters what has become of their writes, and returns them if that is open still, and there is no `failure`
   * to tell. Nobody hears of a failure whose writes had got as far as they were waited for.
   */
  #settle(waiters: Waiters | undefined, level: 'os' | 'disk', failure?: Error): Waiters | undefined {
    if (waiters === undefined) return undefined;
    const { from, upTo } = waiters;
    const loss = this.#losses.findLast((known) => from <= known.upTo && upTo > known.after);
    if (loss !== undefined) {
      waiters.reject(from > loss.after && upTo <= loss.upTo ? loss.failure : commitUnknown(loss.failure));
      return undefined;
    }
    const { poison, progress } = this.#store;
    const isForDisk = level === 'disk' || poison !== undefined;
    const isSafe = upTo <= (isForDisk ? progress.durableSequence : progress.writtenSequence);
    if (isSafe) waiters.resolve();
    else if (failure === undefined) return waiters;
    else waiters.reject(failure);
    return undefined;
  }

  /** Tells those who wait that a commit has failed with `error`, and returns what they are told. */
  #failed(error: unknown): Error {
    const failure = commitFailure(error);
    if (errorCode(error) !== 'STORAGE_BUSY') {
      this.#fail(failure);
      return failure;
    }
    // Another thread does not let go of the store. Nothing was tried, so nothing is lost, and it is still to be done.
    this.#forOs = this.#settle(this.#forOs, 'os', failure);
    this.#forDisk = this.#settle(this.#forDisk, 'disk', failure);
    this.#startTimer(this.#environment.systemTime());
    return failure;
  }

  #fail(failure: Error): void {
    const isRevocation = this.#noteRevocation(failure);
    const { poison, progress } = this.#store;
    const { revokedAfter, writtenSequence, durableSequence } = progress;
    this.#writtenSeen = writtenSequence;
    const written = isRevocation ? revokedAfter : writtenSequence;
    if (this.#unwatchedSequence > (poison === undefined ? written : durableSequence)) {
      this.#untoldLoss ??= failure;
    }
    this.#unwatchedSequence = 0;
    // Of what was taken back the losses tell; younger writes wait on.
    const told = isRevocation && poison === undefined ? undefined : failure;
    this.#forOs = this.#settle(this.#forOs, 'os', told);
    this.#forDisk = this.#settle(this.#forDisk, 'disk', told);
    if ((this.#forOs ?? this.#forDisk) === undefined) this.close();
    else this.#schedule();
    this.onFailure?.();
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
      this.#commitSoon(level);
    } catch {
      // Those who wait were told.
    }
  }

  /** Lets a commit begin when what has been undurable since `since` has been so for the interval. */
  #startTimer(since: number): void {
    if (this.#cancelTimer !== undefined) return;
    this.#undurableSince = since;
    const waited = this.#environment.systemTime() - since;
    const delayMs = Math.min(this.#fsyncIntervalMs, Math.max(0, this.#fsyncIntervalMs - waited));
    this.#cancelTimer = this.#environment.later(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#commitForWaiters('disk');
    });
  }
}
