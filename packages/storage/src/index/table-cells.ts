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

/** No address: whoever looks for a key has to look in another table, or in none. */
export const NO_CANDIDATE = -1;

/** See `HashIndex.candidate`, which asks afterwards whether the table was the current one all along. */
export function candidateIn(cells: Int32Array, hash: number): number {
  const table = Atomics.load(cells, IndexWord.current);
  const base = baseOf(table);
  const mask = (1 << capacityLog2Of(table)) - 1;
  for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
    const word = base + cell * 2;
    const found = cells[word]!;
    if (found === hash) {
      // Acquires the record's bytes together with its address.
      const address = Atomics.load(cells, word + 1);
      if (address === MOVED) return NO_CANDIDATE;
      if (address !== PENDING) return address >>> 0;
    } else if (found === EMPTY) {
      return 0;
    } else if (found === FROZEN) {
      return NO_CANDIDATE;
    }
  }
}

/** See `HashIndex.holds`, which asks afterwards as well. */
export function holdsIn(cells: Int32Array, hash: number, address: number): boolean {
  const sought = address | 0;
  let table = Atomics.load(cells, IndexWord.current);
  // It is 0 where the region of the table that was searched has become that of the current one.
  while (table !== 0) {
    const base = baseOf(table);
    const mask = (1 << capacityLog2Of(table)) - 1;
    let isMoved = false;
    for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
      const word = base + cell * 2;
      const found = cells[word]!;
      if (found === hash) {
        const at = cells[word + 1]!;
        if (at === sought) return true;
        if (at === MOVED) isMoved = true;
      } else if (found === EMPTY) {
        break;
      } else if (found === FROZEN) {
        isMoved = true;
        break;
      }
    }
    if (!isMoved) return false;
    const next = Atomics.load(cells, IndexWord.next);
    const current = Atomics.load(cells, IndexWord.current);
    table = current === table ? next : current;
  }
  return false;
}

/** See `HashIndex.holdAll`, which asks afterwards as well. What has -1 in its place is passed over. */
export function holdAllIn(
  cells: Int32Array,
  hashes: Int32Array,
  addresses: Int32Array,
  places: Int32Array,
  count: number,
): void {
  const table = Atomics.load(cells, IndexWord.current);
  const base = baseOf(table);
  const mask = (1 << capacityLog2Of(table)) - 1;
  for (let index = 0; index < count; index += 1) {
    if (places[index]! < 0) continue;
    const hash = hashes[index]!;
    const word = base + (hash & mask) * 2;
    // Most keys are where their probe begins.
    if (cells[word] === hash && cells[word + 1] === addresses[index]) continue;
    if (!holdsIn(cells, hash, addresses[index]!)) places[index] = -1;
  }
}

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
