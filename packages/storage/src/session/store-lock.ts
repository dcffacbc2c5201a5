/**
 * The lock of a store that threads share: one thread at a time writes. Readers never take it.
 *
 * ```
 *                 0            free
 *       owner            owner is one more than the number of the holder's thread slot
 *       owner | WANTED   held, and somebody sleeps until it is free
 * ```
 *
 * Whoever finds the lock taken spins a little, then marks it as wanted and sleeps; the holder wakes one sleeper when
 * it lets go, and who was woken takes the lock as wanted, for others may sleep still. A holder that died is seen by
 * its thread slot: whoever comes next takes the lock over, and learns that something may be half done.
 */
import { assert, CodedError } from '@htkv/base';

import { Word } from '../control/shared-memory.ts';
import type { ThreadSlots } from './thread-slots.ts';

const FREE = 0;
const WANTED = 0x40000000;

/** A turn takes a microsecond, going to sleep and waking up several. */
const SPINS = 1000;
/** How long a sleeper sleeps before it looks whether the holder has died. */
const SLEEP_MS = 2;
/** How long a sleeper sleeps before it asks the operating system about the holder. */
const LOOK_MS = 100;
/** How long a holder may take; it syncs files at most. */
const PATIENCE_MS = 60_000;

export class StoreLock {
  readonly #words: Int32Array;
  readonly #slots: ThreadSlots;
  readonly #self: number;

  /** `slot` is the number of this thread's slot. */
  constructor(words: Int32Array, slots: ThreadSlots, slot: number) {
    this.#words = words;
    this.#slots = slots;
    this.#self = slot + 1;
  }

  /**
   * Takes the lock, which this thread does not hold. True if it was taken over from a thread that died. Throws
   * `STORAGE_BUSY` after a minute.
   */
  acquire(): boolean {
    if (Atomics.compareExchange(this.#words, Word.lock, FREE, this.#self) === FREE) return false;
    return this.#acquireTaken();
  }

  /** Gives the lock back. */
  release(): void {
    // Releases everything that was written under the lock.
    const held = Atomics.exchange(this.#words, Word.lock, FREE);
    assert((held & ~WANTED) === this.#self, 'a lock that is released is held');
    if ((held & WANTED) !== 0) Atomics.notify(this.#words, Word.lock, 1);
  }

  #acquireTaken(): boolean {
    const words = this.#words;
    for (let spin = 0; spin < SPINS; spin += 1) {
      if (Atomics.load(words, Word.lock) !== FREE) continue;
      if (Atomics.compareExchange(words, Word.lock, FREE, this.#self) === FREE) return false;
    }
    for (let slept = 0; ;) {
      const held = Atomics.load(words, Word.lock);
      if (held === FREE) {
        if (Atomics.compareExchange(words, Word.lock, FREE, this.#self | WANTED) === FREE) return false;
        continue;
      }
      const holder = (held & ~WANTED) - 1;
      if (this.#slots.isDead(holder)) {
        if (Atomics.compareExchange(words, Word.lock, held, this.#self | WANTED) === held) return true;
        continue;
      }
      if (held !== (held | WANTED)) {
        if (Atomics.compareExchange(words, Word.lock, held, held | WANTED) !== held) continue;
      }
      // Whoever is woken has seen the store go on, and is not the one to give up.
      if (Atomics.wait(words, Word.lock, held | WANTED, SLEEP_MS) === 'timed-out') slept += SLEEP_MS;
      // Those who are told of a thread's end may be asleep as well, or this one is who would be told.
      if (slept % LOOK_MS === 0 && slept > 0) this.#slots.buryIfGone(holder);
      if (slept > PATIENCE_MS) throw busy();
    }
  }
}

function busy(): CodedError {
  return new CodedError(
    'STORAGE_BUSY',
    `another thread has kept the store from being written to for ${PATIENCE_MS} ms: nothing was changed`,
    { details: { patienceMs: PATIENCE_MS } },
  );
}
