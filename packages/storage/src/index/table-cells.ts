/** What a cell of a table can be besides the hash of a key and the address of its record, and walks over whole tables. */
import { baseOf, capacityLog2Of, IndexWord } from './table-space.ts';

/** In the place of a hash: nothing was ever here. */
export const EMPTY = 0;
/** In the place of a hash: nothing will ever be here, go on in the next table. */
export const FROZEN = -1;
/** In the place of an address: taken, and not yet or no longer pointing anywhere. */
export const PENDING = 0;
/** In the place of an address: go on in the next table. */
export const MOVED = -1;

/** Addresses of all keys of the index in `cells`, in no order. It must not change meanwhile. */
export function* addressesIn(cells: Int32Array): Generator<number, void, undefined> {
  for (const table of [cells[IndexWord.current]!, cells[IndexWord.next]!]) {
    if (table === 0) continue;
    const base = baseOf(table);
    const end = base + 2 ** (capacityLog2Of(table) + 1);
    for (let word = base; word < end; word += 2) {
      const address = cells[word + 1]!;
      if (address !== PENDING && address !== MOVED) yield address >>> 0;
    }
  }
}

/**
 * Copies cells of a table from cell `from` on, as pairs of hash and address; those without a key have no hash or no
 * address. Returns how many cells were copied: 0 behind the last.
 */
export function copyTable(cells: Int32Array, table: number, from: number, target: Int32Array): number {
  const count = Math.min(2 ** capacityLog2Of(table) - from, target.length / 2);
  if (count <= 0) return 0;
  const start = baseOf(table) + from * 2;
  target.set(cells.subarray(start, start + count * 2));
  return count;
}
