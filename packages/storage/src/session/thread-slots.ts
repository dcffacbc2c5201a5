/**
 * The threads that have a store open: one slot each. Slot 0 is the thread that opened the store.
 *
 * ```
 *   free -- claim --> live -- the thread says that it leaves --> free
 *                       \-- it is seen to be gone --> dead -- nothing of it is left --> free
 * ```
 *
 * The state carries the number of the claim, so that who hears late of a thread's end does not bury the next one in
 * its slot.
 */
import { CodedError } from '@htkv/base';

import { isSystemThreadGone } from '../fs/node-system-thread.ts';
import { THREAD_SLOT_WORDS, THREAD_SLOTS } from '../control/shared-memory.ts';

/** Number of the claim, times 4, and the state. */
const STATE = 0;
/** 1 while the thread waits to hear of the next commit. */
const WAITING = 1;
/** Id of the thread in the operating system; 0 while it is not known. */
const SYSTEM_THREAD = 2;

const FREE = 0;
const LIVE = 1;
const DEAD = 2;
const STATE_BITS = 3;
const CLAIM_STEP = 4;

export class ThreadSlots {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Takes a free slot for a thread and returns its number. Throws `STORAGE_TOO_MANY_THREADS`. */
  claim(): number {
    for (let slot = 0; slot < THREAD_SLOTS; slot += 1) {
      const before = this.#state(slot);
      if ((before & STATE_BITS) !== FREE) continue;
      const after = (before + CLAIM_STEP) | LIVE;
      if (Atomics.compareExchange(this.#words, slot * THREAD_SLOT_WORDS + STATE, before, after) !== before) {
        continue;
      }
      this.setWaiting(slot, false);
      this.noteSystemThread(slot, 0);
      return slot;
    }
    throw new CodedError(
      'STORAGE_TOO_MANY_THREADS',
      `expected at most ${THREAD_SLOTS} threads that have the store open, found one more`,
      { details: { limit: THREAD_SLOTS } },
    );
  }

  /** Threads that have the store open, and those that died and left something behind. */
  get count(): number {
    let count = 0;
    for (let slot = 0; slot < THREAD_SLOTS; slot += 1)
      if ((this.#state(slot) & STATE_BITS) !== FREE) count += 1;
    return count;
  }

  /** What {@link bury} takes: it names this claim of the slot and no later one. */
  claimOf(slot: number): number {
    return this.#state(slot) & ~STATE_BITS;
  }

  isDead(slot: number): boolean {
    return (this.#state(slot) & STATE_BITS) === DEAD;
  }

  /** Slots of threads that died. */
  get dead(): number[] {
    return Array.from({ length: THREAD_SLOTS }, (_, slot) => slot).filter((slot) => this.isDead(slot));
  }

  /** The thread of a claim is gone. Does nothing if it had left, or if somebody else has seen it. */
  bury(slot: number, claim: number): void {
    Atomics.compareExchange(this.#words, slot * THREAD_SLOT_WORDS + STATE, claim | LIVE, claim | DEAD);
  }

  noteSystemThread(slot: number, thread: number): void {
    Atomics.store(this.#words, slot * THREAD_SLOT_WORDS + SYSTEM_THREAD, thread);
  }

  /** Buries the thread of a slot if the operating system says that it is gone. True if it is dead now. */
  buryIfGone(slot: number): boolean {
    const claim = this.claimOf(slot);
    const thread = Atomics.load(this.#words, slot * THREAD_SLOT_WORDS + SYSTEM_THREAD);
    if (isSystemThreadGone(thread)) this.bury(slot, claim);
    return this.isDead(slot);
  }

  /** The slot can be claimed again: its thread holds nothing. */
  free(slot: number): void {
    Atomics.store(this.#words, slot * THREAD_SLOT_WORDS + STATE, this.claimOf(slot) | FREE);
  }

  setWaiting(slot: number, isWaiting: boolean): void {
    Atomics.store(this.#words, slot * THREAD_SLOT_WORDS + WAITING, isWaiting ? 1 : 0);
  }

  isWaiting(slot: number): boolean {
    return Atomics.load(this.#words, slot * THREAD_SLOT_WORDS + WAITING) === 1;
  }

  #state(slot: number): number {
    return Atomics.load(this.#words, slot * THREAD_SLOT_WORDS + STATE);
  }
}
