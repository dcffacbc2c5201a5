/**
 * Which versions are still wanted: each thread that has snapshots open says which place of the commit order its oldest
 * one stands for, so that nothing which that one can see is removed.
 *
 * ```
 * per thread slot, doubles: | open snapshots | sequence of the oldest | when that was taken |
 * ```
 *
 * A snapshot is pinned in a turn; whoever reclaims space looks in a turn too. It is released at any time: who looks
 * meanwhile keeps a little more than it would have to.
 */
import { PIN_NUMBERS, THREAD_SLOTS, type ControlMemory } from '../control/shared-memory.ts';

const COUNT = 0;
const SEQUENCE = 1;
const TAKEN_AT = 2;

/** The oldest snapshot of all threads. */
export interface OldestSnapshot {
  /** The last write that it shows. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
}

export class SnapshotPins {
  readonly #numbers: Float64Array;

  constructor(control: Pick<ControlMemory, 'pins'>) {
    this.#numbers = control.pins;
  }

  /** The thread of `slot` has `count` snapshots open, of which the oldest is `oldest`. */
  set(slot: number, count: number, oldest: OldestSnapshot): void {
    const at = slot * PIN_NUMBERS;
    this.#numbers[at + SEQUENCE] = oldest.sequence;
    this.#numbers[at + TAKEN_AT] = oldest.takenAt;
    this.#numbers[at + COUNT] = count;
  }

  /** The thread of `slot` has no snapshots open, or is gone. */
  clear(slot: number): void {
    this.#numbers[slot * PIN_NUMBERS + COUNT] = 0;
  }

  /** Open snapshots of all threads. */
  get count(): number {
    let count = 0;
    for (let slot = 0; slot < THREAD_SLOTS; slot += 1) count += this.#numbers[slot * PIN_NUMBERS + COUNT]!;
    return count;
  }

  /** Of all threads; undefined if no snapshot is open. */
  get oldest(): OldestSnapshot | undefined {
    let oldest: OldestSnapshot | undefined;
    for (let slot = 0; slot < THREAD_SLOTS; slot += 1) {
      const at = slot * PIN_NUMBERS;
      const sequence = this.#numbers[at + SEQUENCE]!;
      if (this.#numbers[at + COUNT] === 0 || (oldest !== undefined && oldest.sequence <= sequence)) continue;
      oldest = { sequence, takenAt: this.#numbers[at + TAKEN_AT]! };
    }
    return oldest;
  }

  /** The lowest sequence that any snapshot stands for; `Infinity` if none is open. */
  lowest(): number {
    return this.oldest?.sequence ?? Number.POSITIVE_INFINITY;
  }
}
