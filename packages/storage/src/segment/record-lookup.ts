/**
 * Looks keys up in a sealed segment whose footer is damaged: with hash and place of every key in memory, gathered from the
 * records themselves.
 */
import { UNIT_LOG2 } from '../format/geometry.ts';
import type { IndexEntries } from '../format/sparse-index.ts';
import { addressOf } from '../log/address.ts';
import { sortedByHash } from './sort-entries.ts';

export class RecordLookup {
  readonly #slot: number;
  readonly #entries: IndexEntries;

  constructor(slot: number, entries: IndexEntries) {
    this.#slot = slot;
    this.#entries = sortedByHash(entries);
  }

  get bytes(): number {
    return this.#entries.hashes.byteLength + this.#entries.units.byteLength;
  }

  mayHold(keyHash: number): boolean {
    return this.#entries.hashes[this.#firstOf(keyHash >>> 0)] === keyHash >>> 0;
  }

  /** As `SegmentLookup.find`; `isOf` says whether a record is one of the key. */
  find(keyHash: number, _key: Uint8Array, isOf: (address: number) => boolean): number {
    const { hashes, units, count } = this.#entries;
    const hash = keyHash >>> 0;
    let newest = 0;
    for (let entry = this.#firstOf(hash); entry < count && hashes[entry] === hash; entry += 1) {
      const address = addressOf(this.#slot, units[entry]! * 2 ** UNIT_LOG2);
      if (address > newest && isOf(address)) newest = address;
    }
    return newest;
  }

  /** The first entry whose hash is not below `hash`. */
  #firstOf(hash: number): number {
    const { hashes, count } = this.#entries;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
