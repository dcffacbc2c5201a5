/**
 * What an engine does about room: keeps some for bad times, and when writes are refused for want of it, frees what can be
 * freed and looks for more, until writes are taken again. Any thread whose write has met a full device does so.
 */
import type { LogStore } from '@htkv/storage';

import type { CompactionSchedule } from './compaction-schedule.ts';
import type { Environment } from './environment.ts';

/** How often the thread that opened the store looks after the ballast, and whether another thread has met a full device. */
const LOOK_MS = 5_000;
/** How often room is looked for while there is none; and at most, where all that could be freed did not help. */
const SEEK_MS = 1_000;
const SEEK_MS_MAX = 60_000;
/** A slice of the ballast is made once in so many milliseconds, while it grows. */
const GROW_MS = 20;
/** Writes between two looks at whether the log has got longer. */
const WRITES_PER_LOOK = 256;

export class SpaceWatch {
  readonly #store: LogStore;
  readonly #environment: Environment;
  readonly #compaction: CompactionSchedule;
  readonly #cancels = new Set<() => void>();
  #isSeeking = false;
  #isGrowing = false;
  #isClosed = false;
  #writesToLook = WRITES_PER_LOOK;
  #segmentsSeen = 0;

  constructor(store: LogStore, environment: Environment, compaction: CompactionSchedule) {
    this.#store = store;
    this.#environment = environment;
    this.#compaction = compaction;
  }

  /** For the thread that has opened the store. */
  start(): void {
    this.#growSoon();
    this.#lookLater();
  }

  /** To be called after each write. */
  afterWrite(): void {
    this.#writesToLook -= 1;
    if (this.#writesToLook > 0) return;
    this.#writesToLook = WRITES_PER_LOOK;
    const { segmentsBegun, isJoined } = this.#store;
    if (isJoined || segmentsBegun === this.#segmentsSeen) return;
    this.#segmentsSeen = segmentsBegun;
    this.#growSoon();
  }

  /** To be called when something has failed. */
  afterFailure(): void {
    if (this.#isSeeking || !this.#store.space.isOut) return;
    this.#isSeeking = true;
    this.#environment.soon(() => void this.#seek());
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#store.hasEnded || this.#store.poison !== undefined;
  }

  #lookLater(): void {
    this.#later(LOOK_MS, () => {
      if (this.#isOver) return;
      this.afterFailure();
      this.#growSoon();
      this.#lookLater();
    });
  }

  /** Until writes are taken again. Never rejects. */
  async #seek(): Promise<void> {
    let delayMs = SEEK_MS;
    while (!this.#isOver && this.#store.space.isOut) {
      const found = this.#regain();
      if (found === 'more') {
        await new Promise<void>((resolve) => this.#environment.soon(resolve));
      } else if (found === 'none') {
        const freed = await this.#free();
        if (freed === 'something') continue;
        await new Promise<void>((resolve) => this.#later(delayMs, resolve));
        delayMs = freed === 'nothing' ? SEEK_MS : Math.min(SEEK_MS_MAX, 2 * delayMs);
      }
    }
    this.#isSeeking = false;
  }

  #regain(): 'whole' | 'more' | 'none' {
    try {
      return this.#store.exclusively(() => this.#store.space.regain());
    } catch {
      // Another thread does not let go of the store: as if there was no room.
      return 'none';
    }
  }

  /** Compacts all that is worth it, with the room of the ballast; `failed` if that was not enough. */
  async #free(): Promise<'something' | 'nothing' | 'failed'> {
    try {
      const { space, compactor } = this.#store;
      const isWorthWhile = this.#store.exclusively(() => {
        if (!compactor.canFree) return false;
        space.release();
        return true;
      });
      if (!isWorthWhile) return 'nothing';
      const { segmentsRemoved } = await this.#compaction.runNow();
      return segmentsRemoved > 0 ? 'something' : 'failed';
    } catch {
      // Whoever waits for writes was told.
      return 'failed';
    }
  }

  #growSoon(): void {
    if (this.#isGrowing) return;
    this.#isGrowing = true;
    this.#later(GROW_MS, () => {
      this.#isGrowing = false;
      if (this.#isOver || this.#store.space.isOut) return;
      try {
        if (this.#store.exclusively(() => this.#store.space.grow())) this.#growSoon();
      } catch {
        // Another thread does not let go of the store; the next look will grow it.
      }
    });
  }

  #later(delayMs: number, task: () => void): void {
    const cancel = this.#environment.whenever(delayMs, () => {
      this.#cancels.delete(cancel);
      task();
    });
    this.#cancels.add(cancel);
  }
}
