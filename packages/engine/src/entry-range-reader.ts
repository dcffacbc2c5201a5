/**
 * Entries of a range, lazily and in key order. An iteration remembers the last key and nothing else that counts, so
 * writes may go on meanwhile: an entry that is there for the whole iteration is seen once, one that comes or goes may
 * be seen or not, and each is given out as it is when it is reached. They are read many at a time; before one is given
 * out it is asked whether it is still the one.
 */
import type { CollectedEntries } from '@htkv/storage';

import type { RangeReader } from './range-reader.ts';
import { rangeBehind, type CheckedRange } from './range.ts';

/** Keys that are looked at together. */
const KEYS_PER_STEP = 256;

/** What an iteration reads from. */
export interface RangeSource {
  collect(
    range: CheckedRange['keys'],
    reverse: boolean,
    limit: number,
    wantsValues: boolean,
  ): CollectedEntries;
  /** Whether a deadline has come. */
  hasCome(expiresAt: number): boolean;
  requireOpen(): void;
  /** Whether a reader sees the key now. */
  isLive(key: Uint8Array): boolean;
  /** The value of a key if a reader sees it now. */
  liveValue(key: Uint8Array): Uint8Array | undefined;
}

export class EntryRangeReader<Item> implements RangeReader<Item> {
  readonly #source: RangeSource;
  readonly #range: CheckedRange;
  readonly #wantsValues: boolean;
  readonly #toItem: (key: Uint8Array, value: Uint8Array) => Item;

  /** `toItem` gets a key and, if `wantsValues`, its value; it may give both away. */
  constructor(
    source: RangeSource,
    range: CheckedRange,
    wantsValues: boolean,
    toItem: (key: Uint8Array, value: Uint8Array) => Item,
  ) {
    this.#source = source;
    this.#range = range;
    this.#wantsValues = wantsValues;
    this.#toItem = toItem;
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    const { signal } = this.#range;
    let left = this.#range.limit;
    for (const entries of this.#steps()) {
      for (let index = 0; index < entries.count && left > 0; index += 1) {
        signal?.throwIfAborted();
        const value = this.#valueAt(entries, index);
        if (value === undefined) continue;
        left -= 1;
        yield this.#toItem(entries.keys[index]!, value);
      }
      if (left <= 0) return;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    const { signal } = this.#range;
    let left = this.#range.limit;
    for (const entries of this.#steps()) {
      for (let index = 0; index < entries.count && left > 0; index += 1) {
        signal?.throwIfAborted();
        const value = this.#valueAt(entries, index);
        if (value === undefined) continue;
        left -= 1;
        yield this.#toItem(entries.keys[index]!, value);
      }
      if (left <= 0) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  toArray(): Item[] {
    const items: Item[] = [];
    const { limit } = this.#range;
    for (const entries of this.#steps()) {
      for (let index = 0; index < entries.count && items.length < limit; index += 1) {
        const value = this.#freshValueAt(entries, index);
        if (value !== undefined) items.push(this.#toItem(entries.keys[index]!, value));
      }
      if (items.length >= limit) break;
    }
    return items;
  }

  count(): number {
    let count = 0;
    const { limit } = this.#range;
    for (const entries of this.#steps()) {
      for (let index = 0; index < entries.count && count < limit; index += 1) {
        if (this.#freshValueAt(entries, index) !== undefined) count += 1;
      }
      if (count >= limit) break;
    }
    return count;
  }

  *#steps(): Generator<CollectedEntries, void, undefined> {
    const { isEmpty, reverse, limit, signal } = this.#range;
    let keys = this.#range.keys;
    if (isEmpty || limit === 0) {
      // Nothing to read, and still wrong where nothing can be read.
      this.#source.collect(keys, reverse, 0, false);
      return;
    }
    for (;;) {
      signal?.throwIfAborted();
      const most = Math.min(KEYS_PER_STEP, limit);
      const entries = this.#source.collect(keys, reverse, most, this.#wantsValues);
      yield entries;
      if (entries.lastKey === undefined) return;
      keys = rangeBehind(this.#range, entries.lastKey);
    }
  }

  /** The value of an entry if a reader sees it now; an empty one if values are not wanted. */
  #valueAt(entries: CollectedEntries, index: number): Uint8Array | undefined {
    this.#source.requireOpen();
    if (!entries.isCurrent(index)) return this.#liveValue(entries.keys[index]!);
    return this.#freshValueAt(entries, index);
  }

  /** The same of an entry that was collected within the call that wants it. */
  #freshValueAt(entries: CollectedEntries, index: number): Uint8Array | undefined {
    const deadline = entries.deadlineAt(index);
    if (deadline !== 0 && this.#source.hasCome(deadline)) return undefined;
    if (!this.#wantsValues) return NO_VALUE;
    return entries.values[index] ?? this.#source.liveValue(entries.keys[index]!);
  }

  #liveValue(key: Uint8Array): Uint8Array | undefined {
    if (this.#wantsValues) return this.#source.liveValue(key);
    return this.#source.isLive(key) ? NO_VALUE : undefined;
  }
}

const NO_VALUE = new Uint8Array();
