/**
 * A few numbers in shared memory that change together: all of a transition is there or nothing of it, wherever the
 * thread that makes it is cut off.
 *
 * Two copies and a count. The count's lowest bit says which copy holds; a transition is staged in the other copy and
 * takes effect with one store, to the count. What was staged is then repeated in the copy that held before, so that
 * the next transition finds it equal; a thread that was not the last to publish copies it whole first.
 *
 * ```
 * flips: | count |        values: | copy 0: field 0, field 1, ... | copy 1: field 0, field 1, ... |
 * ```
 *
 * One thread at a time stages and publishes; whoever wants to do so holds the store's lock, if threads share it. A
 * double holds every whole number up to 2^53, and 64-bit machines read and write one in one piece.
 */
import { assert } from '@htkv/base';

import { storeLast } from './load-order.ts';

export class ControlBlock {
  readonly #values: Float64Array;
  readonly #flips: Int32Array;
  readonly #flipsAt: number;
  readonly #fields: number;
  /** Fields of the transition that is being staged. */
  readonly #staged: Int32Array;
  #stagedCount = 0;
  /** The count at which this thread knows both copies to be equal. */
  #equalAt = -1;

  /** `values` holds two copies of the fields; the count is the word of `flips` at `flipsAt`. */
  constructor(values: Float64Array, flips: Int32Array, flipsAt: number) {
    this.#values = values;
    this.#flips = flips;
    this.#flipsAt = flipsAt;
    this.#fields = values.length / 2;
    this.#staged = new Int32Array(4 * this.#fields);
  }

  /** A block that nobody shares. */
  static alone(fields: number): ControlBlock {
    return new ControlBlock(new Float64Array(2 * fields), new Int32Array(1), 0);
  }

  /** Transitions so far, modulo 2^32: who finds the same number again knows that nothing changed. */
  get version(): number {
    return Atomics.load(this.#flips, this.#flipsAt);
  }

  /** The published value of a field, for the thread that may stage. */
  get(field: number): number {
    return this.#values[(this.#flips[this.#flipsAt]! & 1) * this.#fields + field]!;
  }

  /** The published value of a field, for any thread at any time. */
  peek(field: number): number {
    for (;;) {
      const before = Atomics.load(this.#flips, this.#flipsAt);
      const value = this.#values[(before & 1) * this.#fields + field]!;
      // The copy that held is written again only after one more transition. Adding, unlike loading, keeps the load
      // above in front of it on every machine.
      if (Atomics.add(this.#flips, this.#flipsAt, 0) === before) return value;
    }
  }

  /** Makes `value` part of the running transition. {@link get} does not see it before {@link publish}. */
  stage(field: number, value: number): void {
    if (this.#stagedCount === 0) this.#equalise();
    assert(this.#stagedCount < this.#staged.length, 'a transition stages a field once or twice');
    this.#values[(~this.#flips[this.#flipsAt]! & 1) * this.#fields + field] = value;
    this.#staged[this.#stagedCount] = field;
    this.#stagedCount += 1;
  }

  /** All that was staged takes effect, at once. */
  publish(): void {
    if (this.#stagedCount === 0) return;
    const before = this.#flips[this.#flipsAt]!;
    const after = (before + 1) | 0;
    storeLast(this.#flips, this.#flipsAt, after);
    const from = (after & 1) * this.#fields;
    const to = (before & 1) * this.#fields;
    for (let index = 0; index < this.#stagedCount; index += 1) {
      const field = this.#staged[index]!;
      this.#values[to + field] = this.#values[from + field]!;
    }
    this.#stagedCount = 0;
    this.#equalAt = after;
  }

  /** Forgets what was staged, here or by a thread that died: both copies are equal again. */
  drop(): void {
    this.#stagedCount = 0;
    this.#equalAt = -1;
    this.#equalise();
  }

  /** Stages a single field and publishes. */
  set(field: number, value: number): void {
    this.stage(field, value);
    this.publish();
  }

  #equalise(): void {
    const count = this.#flips[this.#flipsAt]!;
    if (this.#equalAt === count) return;
    const from = (count & 1) * this.#fields;
    const to = (~count & 1) * this.#fields;
    this.#values.copyWithin(to, from, from + this.#fields);
    this.#equalAt = count;
  }
}
