/**
 * Runs code on shared memory with its threads played by generators, one at a time, so that a test decides at each
 * access to the memory who goes on. The code was made steppable by `steppable-source.ts`: before an access it asks
 * {@link Stepper.at} whether to stop, and yields if so.
 *
 * A turn is what one actor does until it is stopped, ends, waits or pauses. Accesses are counted within a turn, all
 * of them, so that a schedule means the same however it was found.
 *
 * Every access takes effect at once and for everybody: what a processor may reorder is not played.
 */

/** A call that can be stopped before each of its accesses to shared memory. */
export type Steps<T> = Generator<void, T, void>;

/** As many accesses in one run mean that the actors wait for each other without end. */
const ACCESSES_MAX = 10_000;

export type TurnEnd = 'stopped' | 'ended' | 'waits' | 'pauses';

interface Actor {
  readonly steps: Steps<void>;
  /** Stopped before an access, which it makes first when it goes on. */
  isStopped: boolean;
  waitsFor: number;
  isWoken: boolean;
}

interface View {
  readonly firstWord: number;
  readonly wordsPerElement: number;
}

type MemoryArray = Int32Array | BigInt64Array;

export class Stepper {
  /** Whether stopping before an access to a word can make a difference; see `explore.ts`. */
  racing: Uint8Array = new Uint8Array(0);
  /** Actors that ever accessed a word, and in the upper half those that ever wrote to it. */
  touched: Uint32Array = new Uint32Array(0);
  /** A word has turned out to be racing that was not known as such. */
  hasNewRace = false;
  /** Accesses of this turn before which it could have been stopped, and the actors that were able to go on. */
  readonly cuts: number[] = [];
  readonly cutsRunnable: number[] = [];
  /** Bits of actors that can go on, and of actors that wait with a time limit. */
  runnable = 0;
  waitingTimed = 0;
  waiting = 0;

  #bases = new Map<ArrayBufferLike, number>();
  #views = new Map<ArrayBufferView, View | undefined>();
  #lastArray: unknown = undefined;
  #lastView: View | undefined = undefined;
  #actors: Actor[] = [];
  #waiters: number[] = [];
  #gone = 0;
  #current = -1;
  #bit = 0;
  #done = 0;
  #until = Infinity;
  #isOpen = false;
  #cutFrom = 1;
  /** Code that cannot be stopped is running. */
  #isWhole = false;
  #accesses = 0;
  #end: TurnEnd = 'ended';

  /** Names the memory that counts as shared. */
  watch(memory: readonly ArrayBufferLike[]): void {
    this.#bases = new Map();
    let words = 1;
    for (const buffer of memory) {
      this.#bases.set(buffer, words);
      words += Math.ceil(buffer.byteLength / 4) + 1;
    }
    this.racing = new Uint8Array(words);
    this.touched = new Uint32Array(words);
    // Word 0 stands for the moment between two calls.
    this.racing[0] = 1;
  }

  /** Begins a run. */
  begin(actors: readonly Steps<void>[]): void {
    this.#actors = actors.map((steps) => ({ steps, isStopped: false, waitsFor: -1, isWoken: false }));
    this.runnable = (1 << actors.length) - 1;
    this.waitingTimed = 0;
    this.waiting = 0;
    this.#gone = 0;
    this.#waiters = [];
    this.#accesses = 0;
    // The arrays of a run are its own as a rule, and would pile up.
    this.#views.clear();
    this.#lastArray = undefined;
  }

  /**
   * Gives `actor` a turn of at most `until` accesses. If `isOpen`, notes where it could have been stopped. An actor
   * that waits must have a time limit, which has passed by then.
   */
  turn(actor: number, until: number, isOpen: boolean): TurnEnd {
    const played = this.#actors[actor]!;
    this.#current = actor;
    this.#bit = 1 << actor;
    this.#done = played.isStopped ? 1 : 0;
    this.#until = until;
    this.#isOpen = isOpen;
    this.cuts.length = 0;
    this.cutsRunnable.length = 0;
    played.isStopped = false;
    // That the time of a waiter is over makes a difference even before it does anything.
    this.#cutFrom = (this.waitingTimed & this.#bit) === 0 ? 1 : 0;
    this.#setRunnable(actor);
    try {
      if (played.steps.next().done === true) {
        this.runnable &= ~this.#bit;
        this.#end = 'ended';
      } else if (this.#end === 'stopped') {
        played.isStopped = true;
      }
    } finally {
      this.#current = -1;
    }
    return this.#end;
  }

  /** The actor is no more, as a thread that was terminated. */
  kill(actor: number): void {
    this.#setRunnable(actor);
    this.runnable &= ~(1 << actor);
    this.#gone |= 1 << actor;
  }

  /** Whether the actor was killed: what the store learns of a thread by other means than the memory. */
  isGone(actor: number): boolean {
    return (this.#gone & (1 << actor)) !== 0;
  }

  /** Whether to stop before an access. What is not watched is not shared. */
  at(array: unknown, index: unknown, isWrite: boolean): boolean {
    const view = array === this.#lastArray ? this.#lastView : this.#view(array);
    if (view === undefined) return false;
    if (this.#current < 0) {
      this.#count();
      return false;
    }
    const word = view.firstWord + (index as number) * view.wordsPerElement;
    const isStopped = this.#access(word, isWrite);
    if (view.wordsPerElement > 1) this.#touch(word + 1, isWrite);
    return isStopped;
  }

  /** Stops before a call, as before an access. */
  *boundary(): Steps<void> {
    if (this.#access(0, false)) yield;
  }

  /** In the place of `Atomics.wait`. */
  *wait(
    array: MemoryArray,
    index: number,
    value: number | bigint,
    timeoutMs = Infinity,
  ): Steps<'ok' | 'not-equal' | 'timed-out'> {
    if (this.at(array, index, false)) yield;
    if (array[index] !== value) return 'not-equal';
    if (timeoutMs <= 0) return 'timed-out';
    const actor = this.#current;
    const waiter = this.#actors[actor]!;
    waiter.waitsFor = this.#wordOf(array, index);
    waiter.isWoken = false;
    this.#waiters.push(actor);
    this.runnable &= ~this.#bit;
    this.waiting |= this.#bit;
    if (timeoutMs < Infinity) this.waitingTimed |= this.#bit;
    this.#end = 'waits';
    yield;
    return waiter.isWoken ? 'ok' : 'timed-out';
  }

  /** In the place of `Atomics.notify`, after {@link at}. Who has waited longest is woken first. */
  notify(array: MemoryArray, index: number, count = Infinity): number {
    const word = this.#wordOf(array, index);
    const woken = this.#waiters.filter((actor) => this.#actors[actor]!.waitsFor === word).slice(0, count);
    for (const actor of woken) {
      this.#setRunnable(actor);
      this.#actors[actor]!.isWoken = true;
    }
    return woken.length;
  }

  /** In the place of `Atomics.pause`: whether to let others go first. */
  pause(): boolean {
    if (this.#current < 0 || this.#isWhole) return false;
    this.#count();
    this.#end = 'pauses';
    return true;
  }

  /** Runs a call to its end: for code that cannot be stopped itself, and while nothing is explored. */
  settle<T>(steps: Steps<T> | T): T {
    if (!this.isSteps(steps)) return steps;
    if (this.#current < 0) this.#accesses = 0;
    const wasWhole = this.#isWhole;
    this.#isWhole = true;
    try {
      const { done, value } = steps.next();
      if (done === true) return value;
      throw new Error('expected code that does not wait where it cannot be stopped');
    } finally {
      this.#isWhole = wasWhole;
    }
  }

  /** Whether the result of a call is a call that can be stopped. */
  isSteps<T>(value: Steps<T> | T): value is Steps<T> {
    if (typeof value !== 'object' || value === null) return false;
    return typeof (value as Partial<Steps<T>>).next === 'function' && Symbol.iterator in value;
  }

  #access(word: number, isWrite: boolean): boolean {
    this.#touch(word, isWrite);
    if (this.#isWhole) return false;
    const done = this.#done;
    if (done === this.#until) {
      this.#end = 'stopped';
      return true;
    }
    if (this.#isOpen && done >= this.#cutFrom && this.racing[word] === 1) {
      this.cuts.push(done);
      this.cutsRunnable.push(this.runnable | this.waitingTimed);
    }
    this.#count();
    return false;
  }

  #count(): void {
    this.#done += 1;
    this.#accesses += 1;
    if (this.#accesses > ACCESSES_MAX) throw new Error(`no end after ${ACCESSES_MAX} accesses`);
  }

  #touch(word: number, isWrite: boolean): void {
    const known = this.touched[word]!;
    const all = known | (isWrite ? (this.#bit << 16) | this.#bit : this.#bit);
    if (all === known) return;
    this.touched[word] = all;
    const actors = all & 0xffff;
    if (all >>> 16 === 0 || (actors & (actors - 1)) === 0 || this.racing[word] === 1) return;
    this.racing[word] = 1;
    this.hasNewRace = true;
  }

  #setRunnable(actor: number): void {
    const bit = 1 << actor;
    this.runnable |= bit;
    if ((this.waiting & bit) === 0) return;
    this.waiting &= ~bit;
    this.waitingTimed &= ~bit;
    this.#waiters = this.#waiters.filter((each) => each !== actor);
  }

  #wordOf(array: MemoryArray, index: number): number {
    const view = this.#view(array);
    if (view === undefined) throw new Error('expected waiting on memory that is watched');
    return view.firstWord + index * view.wordsPerElement;
  }

  #view(array: unknown): View | undefined {
    if (!ArrayBuffer.isView(array)) return undefined;
    let view = this.#views.get(array);
    if (view === undefined && !this.#views.has(array)) {
      view = this.#newView(array);
      this.#views.set(array, view);
    }
    this.#lastArray = array;
    this.#lastView = view;
    return view;
  }

  #newView(array: ArrayBufferView): View | undefined {
    const base = this.#bases.get(array.buffer);
    if (base === undefined) return undefined;
    const bytes = (array as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT;
    if (bytes !== 4 && bytes !== 8) throw new Error('expected watched memory as 32 or 64 bit elements');
    return { firstWord: base + array.byteOffset / 4, wordsPerElement: bytes / 4 };
  }
}

/** The stepper of all steppable code: one exploration goes on at a time. */
export const stepper: Stepper = new Stepper();
