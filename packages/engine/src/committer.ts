/**
 * When writes become durable: gathers those who wait for a commit group, makes the group durable once for all of
 * them, and keeps the promise that nothing stays undurable for longer than the configured interval.
 *
 * All who wait for the same level of the same group share one promise. A commit is scheduled behind what runs
 * already, so everything that is written in one turn of the event loop, and by the continuations of the group
 * before, becomes one group.
 */
import type { Durability } from '@htkv/replication';
import { assert, CodedError } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import type { Environment } from './environment.ts';
import { commitFailure } from './failure.ts';

/** Appended bytes that are handed to the operating system without waiting for anybody. */
const OPEN_BYTES_MAX = 4 * 1024 * 1024;

interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
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
  /** When the oldest undurable write was made. Invariant: defined exactly while the timer runs. */
  #undurableSince = 0;
  /** Why writes were taken back that nobody waited for; told to the next who asks for durability. */
  #revocation: unknown;
  #revokedSeen: number;

  constructor(store: LogStore, environment: Environment, fsyncIntervalMs: number) {
    this.#store = store;
    this.#environment = environment;
    this.#fsyncIntervalMs = fsyncIntervalMs;
    this.#revokedSeen = store.revokedSequence;
  }

  /** Resolves when everything applied so far has reached `level`; rejects if its group fails. */
  whenDone(level: Durability): Promise<void> {
    this.#startTimer();
    if (level === 'memory' || !this.#store.isDirty) return Promise.resolve();
    if (level === 'os' && this.#store.openGroupBytes === 0) return Promise.resolve();
    this.#schedule();
    if (level === 'os') return (this.#forOs ??= newWaiters()).promise;
    return (this.#forDisk ??= newWaiters()).promise;
  }

  /**
   * To be called after each write that nobody waits for: bounds what is undurable in time and in bytes, even if the
   * event loop never runs. Throws what the commit throws.
   */
  afterSyncWrite(): void {
    this.#startTimer();
    const isDue = this.#environment.systemTime() - this.#undurableSince >= this.#fsyncIntervalMs;
    if (isDue && this.#store.isDirty) this.commitNow('disk');
    else if (this.#store.openGroupBytes > OPEN_BYTES_MAX) this.commitNow('os');
  }

  /** Commits on the spot. Throws what the group's waiters are rejected with. */
  commitNow(level: 'os' | 'disk'): void {
    const forOs = this.#forOs;
    const forDisk = level === 'disk' ? this.#forDisk : undefined;
    this.#forOs = undefined;
    if (level === 'disk') this.#forDisk = undefined;
    try {
      this.#store.commit(level === 'disk');
    } catch (error) {
      assert(error instanceof CodedError, 'a commit fails with a coded error');
      const failure = commitFailure(error);
      this.#revokedSeen = this.#store.revokedSequence;
      if (forOs === undefined && forDisk === undefined) this.#revocation ??= failure;
      forOs?.reject(failure);
      forDisk?.reject(failure);
      this.#forDisk?.reject(failure);
      this.#forDisk = undefined;
      throw failure;
    }
    forOs?.resolve();
    forDisk?.resolve();
    if (!this.#store.isDirty) this.#stopTimer();
  }

  /** To be called when applying a write failed: it may have taken the open group with it. */
  afterFailedApply(error: unknown): void {
    const isRevoked = this.#store.revokedSequence !== this.#revokedSeen;
    if (!isRevoked && this.#store.poison === undefined) return;
    this.#revokedSeen = this.#store.revokedSequence;
    const failure = this.#store.poison === undefined ? error : commitFailure(this.#store.poison);
    if (this.#forDisk === undefined && this.#forOs === undefined) this.#revocation ??= failure;
    this.#forDisk?.reject(failure);
    this.#forOs?.reject(failure);
    this.#forDisk = undefined;
    this.#forOs = undefined;
  }

  /** The failure that took back writes nobody waited for, once. */
  takeRevocation(): unknown {
    const revocation = this.#revocation;
    this.#revocation = undefined;
    return revocation;
  }

  /** Stops the timer. */
  close(): void {
    this.#stopTimer();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#environment.soon(() => {
      this.#isScheduled = false;
      if (this.#forDisk !== undefined) this.#commitForWaiters('disk');
      else if (this.#forOs !== undefined) this.#commitForWaiters('os');
    });
  }

  #commitForWaiters(level: 'os' | 'disk'): void {
    try {
      this.commitNow(level);
    } catch {
      // Those who wait were told.
    }
  }

  #startTimer(): void {
    if (this.#cancelTimer !== undefined || !this.#store.isDirty) return;
    this.#undurableSince = this.#environment.systemTime();
    this.#cancelTimer = this.#environment.later(this.#fsyncIntervalMs, () => {
      this.#cancelTimer = undefined;
      this.#commitForWaiters('disk');
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
