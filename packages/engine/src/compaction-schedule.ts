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
  /** Passes that somebody waits for, which those are that run before them, too. */
  #awaited = 0;
  /** Ends the rest of the pass that runs, if it rests. */
  #endRest: (() => void) | undefined;
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
    const pass = this.#running.then(() => this.#drive(this.#store.compactor.begin(true)));
    const end = (): void => {
      this.#awaited -= 1;
    };
    this.#running = pass.then(end, end);
    this.#awaited += 1;
    this.#endRest?.();
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
    if (!this.#isDue) return;
    this.#running = this.#drive(this.#store.compactor.begin(false)).then(
      () => undefined,
      // Whoever waits for writes was told; the next pass tries again.
      () => undefined,
    );
  }

  get #isDue(): boolean {
    try {
      return this.#store.exclusively(() => this.#store.compactor.isDue);
    } catch {
      // Another thread does not let go of the store: the next look will tell.
      return false;
    }
  }

  async #drive(pass: CompactionPass): Promise<CompactionReport> {
    this.#isRunning = true;
    try {
      while (await this.#goOn(pass)) await this.#rest();
      const { report } = pass;
      if (report.segmentsRemoved > 0) this.#others.onRemoved();
      return report;
    } finally {
      this.#isRunning = false;
    }
  }

  async #goOn(pass: CompactionPass): Promise<boolean> {
    while (this.#others.mustWait() && !this.#isClosed) await this.#rest();
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

  /** Where nobody waits, a rest keeps no process alive; who begins to wait ends it. */
  #rest(): Promise<void> {
    const { soon, whenever } = this.#environment;
    return new Promise((resolve) => {
      if (this.#awaited > 0) return soon(resolve);
      const end = (next: () => void): void => {
        this.#endRest = undefined;
        next();
      };
      const cancel = whenever(REST_MS, () => end(resolve));
      this.#endRest = () => {
        cancel();
        end(() => soon(resolve));
      };
    });
  }
}
