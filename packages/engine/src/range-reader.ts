/**
 * Entries of a range, lazily and in key order. An iteration remembers the last key and nothing else, so writes may
 * go on meanwhile: an entry that is there for the whole iteration is seen once, one that comes or goes may be seen
 * or not, and each is read as it is when it is reached.
 */
import type { StoredEntry } from '@htkv/storage';

import { rangeBehind, type CheckedRange } from './range.ts';

/** Keys that are looked up at a time. */
const KEYS_PER_STEP = 256;

/** What an iteration reads from. */
export interface RangeSource {
  collectKeys(range: CheckedRange['keys'], reverse: boolean, limit: number): readonly Uint8Array[];
  /** The entry of a key if a reader sees it now. */
  liveEntry(key: Uint8Array): StoredEntry | undefined;
}

/** An iterable of the items of a range, for `for` and for `for await`; each iteration starts anew. */
export class RangeReader<Item> implements Iterable<Item>, AsyncIterable<Item> {
  readonly #source: RangeSource;
  readonly #range: CheckedRange;
  readonly #toItem: (key: Uint8Array, entry: StoredEntry) => Item;

  /** `toItem` gets a key and a value that it may give away. */
  constructor(
    source: RangeSource,
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

  /** Lets the event loop run between steps. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (const step of this.#steps()) {
      yield* step;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** All items at once. */
  toArray(): Item[] {
    return [...this];
  }

  *#steps(): Generator<Generator<Item, void, undefined>, void, undefined> {
    if (this.#range.isEmpty) return;
    const budget = { left: this.#range.limit };
    let keys = this.#range.keys;
    while (budget.left > 0) {
      const found = this.#source.collectKeys(keys, this.#range.reverse, KEYS_PER_STEP);
      yield this.#items(found, budget);
      const last = found.at(-1);
      if (last === undefined || found.length < KEYS_PER_STEP) return;
      keys = rangeBehind(this.#range, last);
    }
  }

  *#items(keys: readonly Uint8Array[], budget: { left: number }): Generator<Item, void, undefined> {
    for (const key of keys) {
      if (budget.left <= 0) return;
      const entry = this.#source.liveEntry(key);
      if (entry === undefined) continue;
      budget.left -= 1;
      yield this.#toItem(key.slice(), entry);
    }
  }
}
