/**
 * When compaction runs: by interval, after batches that have filled segments, and when somebody asks for it. A pass is
 * many short turns with the event loop running in between; one that nobody waits for rests as long as it works.
 *
 * A pass that fails is over; what it had done counts, and the next one goes on from there.
 */
import type { CompactionPass, CompactionReport, LogStore } from '@htkv/storage';

import type { Committer } from './committer.ts';
import type { Environment } from './environment.ts';
import { applyFailure, engineClosed } from './failure.ts';
import type { CheckedConfig } from './store-config.ts';

/** About as long as a step takes. */
const REST_MS = 1;

/** The interval of the thread that opened the store to write; others leave the regular passes to it. */
export function intervalOf(config: CheckedConfig, store: LogStore): number {
  return config.readOnly || store.isJoined ? 0 : config.compactionIntervalMs;
}

/** What else goes on in the store. */
export interface CompactionNeighbours {
  /** Called after a pass that has removed segments. */
  onRemoved(): void;
  /** Whether there is something that compaction would disturb, and that soon comes to its end. */
  mustWait(): boolean;
}

export class CompactionSchedule {
  readonly #store: LogStore;
  readonly #environment: Environment;
  readonly #committer: Committer;
  readonly #intervalMs: number;
  readonly #others: CompactionNeighbours;
  /** The pass that runs, or the last one. Never rejects. */
  #running: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  #cancelTimer: (() => void) | undefined;
  #segmentsSeen: number;
  #isClosed = false;

  /** `intervalMs` 0 leaves everything to {@link runNow}. */
  constructor(
    store: LogStore,
    environment: Environment,
    committer: Committer,
    intervalMs: number,
    others: CompactionNeighbours,
  ) {
    this.#others = others;
    this.#store = store;
    this.#environment = environment;
    this.#committer = committer;
    this.#intervalMs = intervalMs;
    // The first segment of a store has filled none.
    this.#segmentsSeen = store.segmentsBegun + (store.progress.lastSequence === 0 ? 1 : 0);
    this.#startTimer();
  }

  /** A full pass, behind the one that runs. Rejects with what a write could reject with, and with `ENGINE_CLOSED`. */
  runNow(): Promise<CompactionReport> {
    const pass = this.#running.then(() => this.#drive(this.#store.compactor.begin(true), true));
    this.#running = pass.then(
      () => undefined,
      () => undefined,
    );
    return pass;
  }

  /** Deletions are as old as this at least; undefined says nothing. */
  noteCommandTime(time: number | undefined): void {
    if (time !== undefined) this.#store.compactor.noteCommandTime(time);
  }

  /** To be called after each batch. */
  afterBatch(): void {
    if (this.#intervalMs === 0 || this.#isRunning) return;
    const { segmentsBegun } = this.#store;
    if (segmentsBegun <= this.#segmentsSeen) return;
    this.#segmentsSeen = segmentsBegun;
    this.#environment.soon(() => this.#runIfDue());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  #startTimer(): void {
    if (this.#intervalMs === 0 || this.#isClosed) return;
    this.#cancelTimer = this.#environment.whenever(this.#intervalMs, () => {
      this.#runIfDue();
      this.#startTimer();
    });
  }

  #runIfDue(): void {
    if (this.#isClosed || this.#isRunning || this.#store.poison !== undefined || this.#store.hasEnded) return;
    if (!this.#store.exclusively(() => this.#store.compactor.isDue)) return;
    this.#running = this.#drive(this.#store.compactor.begin(false), false).then(
      () => undefined,
      // Whoever waits for writes was told; the next pass tries again.
      () => undefined,
    );
  }

  async #drive(pass: CompactionPass, isAwaited: boolean): Promise<CompactionReport> {
    this.#isRunning = true;
    try {
      while (await this.#goOn(pass, isAwaited)) await this.#rest(isAwaited);
      const { report } = pass;
      if (report.segmentsRemoved > 0) this.#others.onRemoved();
      return report;
    } finally {
      this.#isRunning = false;
    }
  }

  async #goOn(pass: CompactionPass, isAwaited: boolean): Promise<boolean> {
    while (this.#others.mustWait() && !this.#isClosed) await this.#rest(isAwaited);
    return this.#step(pass);
  }

  #step(pass: CompactionPass): boolean {
    if (this.#isClosed || this.#store.hasEnded) throw engineClosed();
    try {
      const hasMore = pass.step();
      this.#committer.afterApply();
      this.#committer.settleCopies();
      return hasMore;
    } catch (error) {
      const failure = applyFailure(error as Error, this.#store.poison !== undefined);
      this.#committer.afterFailedApply(failure);
      throw failure;
    }
  }

  #rest(isAwaited: boolean): Promise<void> {
    const { soon, whenever } = this.#environment;
    if (isAwaited) return new Promise((resolve) => soon(resolve));
    return new Promise((resolve) => void whenever(REST_MS, resolve));
  }
}
