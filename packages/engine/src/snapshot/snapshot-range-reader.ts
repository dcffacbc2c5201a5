/**
 * Entries of a range as they are at one place of the commit order. Keys come many at a time; each is then read by
 * itself, along its versions.
 */
import type { StoredEntry } from '@htkv/storage';

import type { RangeReader } from '../range-reader.ts';
import { rangeBehind, type CheckedRange } from '../range.ts';

/** Keys that are looked up at a time. */
const KEYS_PER_STEP = 256;

/** What an iteration reads from. */
export interface SnapshotRangeSource {
  collectKeys(range: CheckedRange['keys'], reverse: boolean, limit: number): readonly Uint8Array[];
  /** The entry of a key if a reader sees it at that place. */
  liveEntry(key: Uint8Array): StoredEntry | undefined;
}

export class SnapshotRangeReader<Item> implements RangeReader<Item> {
  readonly #source: SnapshotRangeSource;
  readonly #range: CheckedRange;
  readonly #toItem: (key: Uint8Array, entry: StoredEntry) => Item;

  /** `toItem` gets a key and a value that it may give away. */
  constructor(
    source: SnapshotRangeSource,
    range: CheckedRange,
    toItem: (key: Uint8Array, entry: StoredEntry) => Item,
  ) {
    this.#source = source;
    this.#range = range;
    this.#toItem = toItem;
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (const step of this.#steps()) yield* step;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (const step of this.#steps()) {
      yield* step;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  toArray(): Item[] {
    return [...this];
  }

  count(): number {
    let count = 0;
    for (const _ of this) count += 1;
    return count;
  }

  *#steps(): Generator<Generator<Item, void, undefined>, void, undefined> {
    const { isEmpty, reverse, limit, signal } = this.#range;
    let keys = this.#range.keys;
    if (isEmpty || limit === 0) {
      // Nothing to read, and still wrong where nothing can be read.
      this.#source.collectKeys(keys, reverse, 0);
      return;
    }
    const budget = { left: limit };
    while (budget.left > 0) {
      signal?.throwIfAborted();
      const found = this.#source.collectKeys(keys, reverse, KEYS_PER_STEP);
      yield this.#items(found, budget);
      const last = found.at(-1);
      if (last === undefined || found.length < KEYS_PER_STEP) return;
      keys = rangeBehind(this.#range, last);
    }
  }

  *#items(keys: readonly Uint8Array[], budget: { left: number }): Generator<Item, void, undefined> {
    for (const key of keys) {
      if (budget.left <= 0) return;
      this.#range.signal?.throwIfAborted();
      const entry = this.#source.liveEntry(key);
      if (entry === undefined) continue;
      budget.left -= 1;
      yield this.#toItem(key.slice(), entry);
    }
  }
}
