/**
 * One thread's turns at a store that several may have open: a turn begins when the thread has the lock and has made
 * good what a dead holder left, and ends when it lets go. A store that nobody shares is always this thread's turn.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Word, type ControlMemory } from '../control/shared-memory.ts';
import type { StoreLock } from './store-lock.ts';

/** What happens around a turn. */
export interface TurnOwner {
  /** The thread that held the lock has died: completes or takes back what it left. */
  repair(): void;
  /** Other threads have changed the store since the last turn. */
  changed(): void;
  /** A turn begins. */
  begin(): void;
  /** A turn of a store that threads share is about to end. */
  end(): void;
}

export class StoreSession {
  readonly #control: ControlBlock;
  readonly #words: Int32Array;
  readonly #lock: StoreLock;
  readonly #owner: TurnOwner;
  #isShared: boolean;
  #depth = 0;
  /** Version of the control block when the last turn ended. */
  #versionSeen = 0;

  constructor(control: ControlMemory, lock: StoreLock, owner: TurnOwner, isShared: boolean) {
    this.#control = control.block;
    this.#words = control.words;
    this.#lock = lock;
    this.#owner = owner;
    this.#isShared = isShared;
  }

  /** Whether other threads may change the store now. */
  get isOpenToOthers(): boolean {
    return this.#isShared && this.#depth === 0;
  }

  /** From now on other threads may have the store open. */
  share(): void {
    this.#isShared = true;
  }

  /** Begins a turn, or goes deeper into the running one. Throws `STORAGE_BUSY`, and then there is no turn. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > 1) return;
    if (this.#isShared) this.#enterShared();
    this.#owner.begin();
  }

  /** Ends what the matching {@link enter} began. */
  leave(): void {
    this.#depth -= 1;
    if (this.#depth > 0 || !this.#isShared) return;
    this.#owner.end();
    this.#versionSeen = this.#control.version;
    this.#lock.release();
  }

  #enterShared(): void {
    try {
      if (this.#lock.acquire()) Atomics.store(this.#words, Word.repairDue, 1);
    } catch (error) {
      this.#depth = 0;
      throw error;
    }
    if (this.#words[Word.repairDue] !== 0) this.#repair();
    if (this.#control.version !== this.#versionSeen) this.#owner.changed();
  }

  /** What fails here is tried again by whoever comes next. */
  #repair(): void {
    try {
      this.#owner.repair();
    } catch (error) {
      this.#depth = 0;
      this.#lock.release();
      throw error;
    }
    Atomics.store(this.#words, Word.repairDue, 0);
  }
}
