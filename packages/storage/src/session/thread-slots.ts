/**
 * The threads that have a store open: one slot each, with its state. Slot 0 is the thread that opened the store.
 *
 * ```
 *   free -- claim --> live -- the thread says that it leaves, or its repair is done --> free
 *                       \-- it is seen to be gone --> dead -- repaired --> free
 * ```
 */
import { CodedError } from '@htkv/base';

import { THREAD_SLOT_WORDS, THREAD_SLOTS } from '../control/shared-memory.ts';

const STATE = 0;
/** Id of the thread, for people. */
const THREAD = 1;
/** 1 while the thread waits to hear of the next commit. */
const WAITING = 2;

const FREE = 0;
const LIVE = 1;
const DEAD = 2;

export class ThreadSlots {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Takes a free slot for a thread and returns its number. Throws `STORAGE_TOO_MANY_THREADS`. */
  claim(threadId: number): number {
    for (let slot = 0; slot < THREAD_SLOTS; slot += 1) {
      const state = slot * THREAD_SLOT_WORDS + STATE;
      if (Atomics.compareExchange(this.#words, state, FREE, LIVE) !== FREE) continue;
      this.#words[slot * THREAD_SLOT_WORDS + THREAD] = threadId;
      Atomics.store(this.#words, slot * THREAD_SLOT_WORDS + WAITING, 0);
      return slot;
    }
    throw new CodedError(
      'STORAGE_TOO_MANY_THREADS',
      `expected at most ${THREAD_SLOTS} threads that have the store open, found one more`,
      { details: { limit: THREAD_SLOTS } },
    );
  }

  /** Threads that have the store open. */
  get count(): number {
    let count = 0;
    for (let slot = 0; slot < THREAD_SLOTS; slot += 1) if (!this.#is(slot, FREE)) count += 1;
    return count;
  }

  isDead(slot: number): boolean {
    return this.#is(slot, DEAD);
  }

  /** The thread of a slot is gone, without having said so. False if it had said so, or somebody else has seen it. */
  bury(slot: number): boolean {
    const state = slot * THREAD_SLOT_WORDS + STATE;
    return Atomics.compareExchange(this.#words, state, LIVE, DEAD) === LIVE;
  }

  /** The slot can be claimed again: its thread holds nothing. */
  free(slot: number): void {
    Atomics.store(this.#words, slot * THREAD_SLOT_WORDS + STATE, FREE);
  }

  setWaiting(slot: number, isWaiting: boolean): void {
    Atomics.store(this.#words, slot * THREAD_SLOT_WORDS + WAITING, isWaiting ? 1 : 0);
  }

  isWaiting(slot: number): boolean {
    return Atomics.load(this.#words, slot * THREAD_SLOT_WORDS + WAITING) === 1;
  }

  #is(slot: number, state: number): boolean {
    return Atomics.load(this.#words, slot * THREAD_SLOT_WORDS + STATE) === state;
  }
}
