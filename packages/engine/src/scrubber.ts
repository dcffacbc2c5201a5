/**
 * The check in the background: the same as `verify`, at a rate that others do not notice, over and over. It keeps no
 * process alive.
 */
import type { LogStore, StoreCheck, VerifyReport } from '@htkv/storage';

import type { Environment } from './environment.ts';

/** What the check in the background has come to. */
export interface ScrubStats {
  /** Passes over the whole store that came to their end since it was opened. */
  readonly passes: number;
  /** Bytes that the running pass has checked; undefined between two passes. */
  readonly runningBytes: number | undefined;
  /** What the last pass found, and when it ended, in milliseconds since the epoch. */
  readonly lastPass: (VerifyReport & { readonly finishedAt: number }) | undefined;
}

export interface ScrubOptions {
  /** Time between two passes in milliseconds; 0 for no pass ever. */
  readonly scrubIntervalMs: number;
  readonly scrubBytesPerSecond: number;
}

export class Scrubber {
  readonly #store: LogStore;
  readonly #environment: Environment;
  readonly #options: ScrubOptions;
  #check: StoreCheck | undefined;
  #runningBytes = 0;
  #cancelTimer: (() => void) | undefined;
  #passes = 0;
  #lastPass: ScrubStats['lastPass'];

  constructor(store: LogStore, environment: Environment, options: ScrubOptions) {
    this.#store = store;
    this.#environment = environment;
    this.#options = options;
  }

  get stats(): ScrubStats {
    const runningBytes = this.#check === undefined ? undefined : this.#runningBytes;
    return { passes: this.#passes, runningBytes, lastPass: this.#lastPass };
  }

  /** Lets the first pass begin when the interval is over. */
  start(): void {
    if (this.#options.scrubIntervalMs > 0) this.#wait(this.#options.scrubIntervalMs);
  }

  /** Ends the running pass, and all that would come. Idempotent. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#check?.stop();
    this.#check = undefined;
  }

  #wait(delayMs: number): void {
    this.#cancelTimer = this.#environment.whenever(delayMs, () => this.#step());
  }

  #step(): void {
    if (this.#check === undefined) {
      this.#check = this.#store.check();
      this.#runningBytes = 0;
    }
    const check = this.#check;
    let bytes = 0;
    try {
      const progress = check.step();
      if (progress === undefined) return this.#finish(check.report);
      bytes = progress.bytesChecked - this.#runningBytes;
      this.#runningBytes = progress.bytesChecked;
    } catch {
      // Another thread keeps the store from being asked what there is to check: the next pass will know.
      return this.#finish(undefined);
    }
    this.#wait(Math.ceil((bytes * 1000) / this.#options.scrubBytesPerSecond));
  }

  #finish(report: VerifyReport | undefined): void {
    this.#check?.stop();
    this.#check = undefined;
    if (report !== undefined) {
      this.#passes += 1;
      this.#lastPass = { ...report, finishedAt: this.#environment.systemTime() };
    }
    this.#wait(this.#options.scrubIntervalMs);
  }
}
