/**
 * Letting other threads have the store open, on the side of the thread that has opened it: says what they need, hears
 * of their end, and gives their slots back.
 */
import { isMainThread } from 'node:worker_threads';

import { notShared } from '../failure.ts';
import type { StoreHandle } from '../store-options.ts';
import type { StoreParts } from '../store-parts.ts';
import { watchThreads } from './registration.ts';
import type { StoreSession } from './store-session.ts';

export class StoreSharing {
  readonly #parts: StoreParts;
  readonly #session: StoreSession;
  #stopWatching: (() => void) | undefined;
  #onGone: (() => void) | undefined;

  constructor(parts: StoreParts, session: StoreSession) {
    this.#parts = parts;
    this.#session = session;
  }

  /** Begins to share, the first time with `startRunner`; undefined where nobody does commit jobs. Throws `STORAGE_NOT_SHARED`. */
  share(startRunner: (() => void) | undefined): StoreHandle {
    const { identity, memory, report, isReadOnly } = this.#parts;
    const canBeShared = !isReadOnly && memory.ring instanceof SharedArrayBuffer;
    if (startRunner === undefined || !canBeShared) {
      throw notShared('expected a store that is written to, in shared memory and with a commit thread');
    }
    if (!isMainThread) throw notShared('expected the store to be opened by the main thread');
    if (this.#stopWatching === undefined) {
      const { slots } = this.#parts;
      const onGone = (): void => this.#reap();
      this.#stopWatching = watchThreads({ store: identity.name, slots, claims: false, onGone });
      this.#session.share();
      startRunner();
    }
    return { identity, memory, report };
  }

  /** Calls `listener` when another thread is gone, and may have left writes that nobody commits. */
  onThreadGone(listener: () => void): void {
    this.#onGone = listener;
  }

  /** Hears of nobody's end any more. */
  stop(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#onGone = undefined;
  }

  /** Threads are gone: what they left half done is completed or taken back, and their slots are free again. */
  #reap(): void {
    if (this.#stopWatching === undefined) return;
    // Whoever begins a turn takes the lock over from a dead holder; afterwards none of them has it.
    this.#session.enter();
    const { slots, pins } = this.#parts;
    for (const slot of slots.dead) {
      pins.clear(slot);
      slots.free(slot);
    }
    this.#session.leave();
    this.#onGone?.();
  }
}
