/**
 * When the sweep over what has expired runs: by interval, in the thread that opened the store, a few entries at a time
 * with everything else in between. It keeps no process alive, and one that fails is over; the next one goes on.
 */
import type { ExpirySweep, LogStore } from '@htkv/storage';

import type { Clock } from './clock.ts';
import type { Committer } from './committer.ts';
import type { Environment } from './environment.ts';
import { applyFailure } from './failure.ts';

/** Entries of a turn: half a millisecond at most, unless they have to be read from a slow disk. */
const KEYS_PER_STEP = 64;

export interface SweepOptions {
  /** Time between two sweeps in milliseconds; 0 for none ever. */
  readonly expirySweepIntervalMs: number;
  readonly expirySweepKeysPerSecond: number;
}

/** What the sweeps of an engine have come to since it was opened. */
export interface SweepStats {
  /** Sweeps that found something, and came to their end. */
  readonly sweeps: number;
  /** Expired entries of which only a deletion is left since. */
  readonly keysSwept: number;
}

export class ExpirySweeper {
  readonly #store: LogStore;
  readonly #committer: Committer;
  readonly #clock: Clock;
  readonly #environment: Environment;
  readonly #options: SweepOptions;
  #sweep: ExpirySweep | undefined;
  #cancelTimer: (() => void) | undefined;
  #sweeps = 0;
  #keysSwept = 0;

  constructor(
    store: LogStore,
    committer: Committer,
    clock: Clock,
    environment: Environment,
    options: SweepOptions,
  ) {
    this.#store = store;
    this.#committer = committer;
    this.#clock = clock;
    this.#environment = environment;
    this.#options = options;
  }

  get stats(): SweepStats {
    return { sweeps: this.#sweeps, keysSwept: this.#keysSwept };
  }

  /** Lets the first sweep begin when the interval is over. */
  start(): void {
    if (this.#options.expirySweepIntervalMs > 0) this.#wait(this.#options.expirySweepIntervalMs);
  }

  /** Ends the sweep that runs, and all that would come. Idempotent. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sweep = undefined;
  }

  #wait(delayMs: number): void {
    this.#cancelTimer = this.#environment.whenever(delayMs, () => this.#run());
  }

  #run(): void {
    const { expirySweepIntervalMs, expirySweepKeysPerSecond } = this.#options;
    const hasMore = this.#canWrite && this.#step();
    if (!hasMore) this.#sweep = undefined;
    this.#wait(
      hasMore ? Math.ceil((KEYS_PER_STEP * 1000) / expirySweepKeysPerSecond) : expirySweepIntervalMs,
    );
  }

  get #canWrite(): boolean {
    return this.#store.poison === undefined && !this.#store.hasEnded;
  }

  /** Whether there is more to do. */
  #step(): boolean {
    try {
      this.#store.filling.requireNone();
      this.#sweep ??= this.#begin();
      const sweep = this.#sweep;
      if (sweep === undefined) return false;
      const before = sweep.keysSwept;
      sweep.step(KEYS_PER_STEP);
      this.#keysSwept += sweep.keysSwept - before;
      this.#committer.afterApply();
      // What was appended is like a write that nobody waits for.
      this.#committer.settleNow('memory');
      if (sweep.isDone) this.#sweeps += 1;
      return !sweep.isDone;
    } catch (error) {
      // Those whose writes it concerns are told; the sweep was nobody's wish.
      this.#committer.afterFailedApply(applyFailure(error as Error, this.#store.poison !== undefined));
      return false;
    }
  }

  #begin(): ExpirySweep | undefined {
    const now = this.#clock.now();
    const sweep = this.#store.exclusively(() => this.#store.compactor.beginSweep(now));
    // What goes now stays gone, whatever the clock does.
    if (sweep !== undefined) this.#store.noteTime(now);
    return sweep;
  }
}
