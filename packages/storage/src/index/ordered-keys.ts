/**
 * Keys in byte order, for range queries. Built at the first query and fed with new keys from then on, so a store
 * that is never asked for a range pays nothing. A key once added stays: whether it is live is the hash index's
 * knowledge. New keys gather unsorted and are merged by the next query, O(n) then.
 */
import { compareBytes } from '@htkv/base';

/** A range of keys; a bound that is `undefined` does not bound. */
export interface KeyRange {
  readonly lower: Uint8Array | undefined;
  readonly lowerInclusive: boolean;
  readonly upper: Uint8Array | undefined;
  readonly upperInclusive: boolean;
}

export class OrderedKeys {
  /** Invariant: strictly ascending. */
  #sorted: readonly Uint8Array[] = [];
  #fresh: Uint8Array[] = [];

  /** Takes ownership of `key`. */
  add(key: Uint8Array): void {
    this.#fresh.push(key);
  }

  /**
   * Up to `limit` keys of the range, ascending, or descending if `reverse`. Borrowed: the caller does not change
   * them. O(log n + result), and O(n) after new keys.
   */
  collect(range: KeyRange, reverse: boolean, limit: number): Uint8Array[] {
    this.#settle();
    const first = this.#firstFrom(range.lower, range.lowerInclusive);
    const end =
      range.upper === undefined ? this.#sorted.length : this.#firstFrom(range.upper, !range.upperInclusive);
    if (first >= end) return [];
    if (!reverse) return this.#sorted.slice(first, Math.min(end, first + limit));
    return this.#sorted.slice(Math.max(first, end - limit), end).reverse();
  }

  /** Index of the first key at or (unless `inclusive`) after `bound`. */
  #firstFrom(bound: Uint8Array | undefined, inclusive: boolean): number {
    if (bound === undefined) return 0;
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareBytes(this.#sorted[middle]!, bound);
      if (order < 0 || (order === 0 && !inclusive)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #settle(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.sort(compareBytes);
    this.#fresh = [];
    const merged: Uint8Array[] = [];
    let left = 0;
    for (const key of fresh) {
      while (left < this.#sorted.length && compareBytes(this.#sorted[left]!, key) < 0) {
        merged.push(this.#sorted[left]!);
        left += 1;
      }
      const last = merged[merged.length - 1];
      const next = this.#sorted[left];
      const known =
        (last !== undefined && compareBytes(last, key) === 0) ||
        (next !== undefined && compareBytes(next, key) === 0);
      if (!known) merged.push(key);
    }
    for (; left < this.#sorted.length; left += 1) merged.push(this.#sorted[left]!);
    this.#sorted = merged;
  }
}
