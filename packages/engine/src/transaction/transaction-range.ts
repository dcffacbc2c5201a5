/**
 * Entries of a range in a transaction: those of its snapshot with its own writes over them, lazily. How far an
 * iteration has come is how much of the range counts as read.
 */
import { compareBytes } from '@htkv/state';

import type { KvSnapshot } from '../kv-reader.ts';
import { boundsOf, type CheckedRange } from '../range.ts';
import { shownValue, type OwnWrite, type OwnWrites } from './own-writes.ts';
import type { RangeRead, ReadSet } from './read-set.ts';

type Item = [key: Uint8Array, value: Uint8Array];

/** What an iteration goes over. */
export interface RangeSurroundings {
  readonly view: KvSnapshot;
  readonly writes: OwnWrites;
  readonly reads: ReadSet;
  /** Throws `ENGINE_TRANSACTION_ENDED`. */
  requireOpen(): void;
}

export class TransactionRange implements Iterable<Item> {
  readonly #surroundings: RangeSurroundings;
  readonly #range: CheckedRange;

  constructor(surroundings: RangeSurroundings, range: CheckedRange) {
    this.#surroundings = surroundings;
    this.#range = range;
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    const { limit, isEmpty } = this.#range;
    if (isEmpty || limit === 0) return;
    let left = limit;
    for (const item of this.#merged()) {
      yield item;
      left -= 1;
      if (left <= 0) return;
    }
  }

  /** All entries at once. */
  toArray(): Item[] {
    return [...this];
  }

  *#merged(): Generator<Item, void, undefined> {
    const { view, writes, reads } = this.#surroundings;
    const { keys, reverse, signal } = this.#range;
    const own = writes.within(keys, reverse);
    const read: RangeRead = { keys, reverse, reached: undefined, isWhole: false };
    reads.addRange(read);
    let at = 0;
    for (const item of view.entries({ ...boundsOf(keys), reverse, signal })) {
      this.#surroundings.requireOpen();
      read.reached = item[0].slice();
      for (; at < own.length && this.#isBefore(own[at]!.key, item[0]); at += 1) yield* this.#shown(own[at]!);
      if (at < own.length && compareBytes(own[at]!.key, item[0]) === 0) {
        yield* this.#shown(own[at]!);
        at += 1;
      } else {
        yield item;
      }
      this.#surroundings.requireOpen();
    }
    read.isWhole = true;
    for (; at < own.length; at += 1) {
      yield* this.#shown(own[at]!);
      this.#surroundings.requireOpen();
    }
  }

  #isBefore(left: Uint8Array, right: Uint8Array): boolean {
    const order = compareBytes(left, right);
    return this.#range.reverse ? order > 0 : order < 0;
  }

  *#shown(write: OwnWrite): Generator<Item, void, undefined> {
    const value = shownValue(write, this.#surroundings.view.timestamp);
    if (value !== undefined) yield [write.key.slice(), value.slice()];
  }
}
