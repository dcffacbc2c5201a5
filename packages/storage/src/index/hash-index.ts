/**
 * The index from keys to addresses: one open-addressing table of `[hash, address]` cells with linear probing.
 *
 * The table knows hashes only; whether a record holds the key that is sought is the question it asks back. Cells are
 * never freed, so a probe that reaches an empty cell has seen everything. A cell whose address is 0 has lost its
 * record and is taken again by the next key with its hash.
 */
import { assert } from '@htkv/base';

/** Answers whether the record at an address holds the key of the running look-up. */
export interface KeyMatcher {
  matches(address: number): boolean;
}

const CAPACITY_MIN = 1 << 10;
const CAPACITY_MAX = 1 << 28;

export class HashIndex {
  readonly #loadFactor: number;
  /** Invariant: its length is twice a power of two; cell `c` is `[cells[2c], cells[2c + 1]]`. */
  #cells: Int32Array;
  /** Cells with a hash. Invariant: at most `loadFactor` of all, so every probe ends. */
  #used = 0;
  /** Cells with an address. */
  #keys = 0;

  /** `loadFactor` is the share of cells in use at which the table doubles, between 0.1 and 0.9. */
  constructor(loadFactor = 0.7) {
    this.#loadFactor = loadFactor;
    this.#cells = new Int32Array(CAPACITY_MIN * 2);
  }

  /** Bytes of memory that the table takes. */
  get bytes(): number {
    return this.#cells.byteLength;
  }

  /** Keys in the index, deleted ones included. */
  get size(): number {
    return this.#keys;
  }

  /** The cell of the key that `matcher` knows, or -1. Valid until the next insertion. */
  find(hash: number, matcher: KeyMatcher): number {
    const cells = this.#cells;
    const mask = (cells.length >>> 1) - 1;
    for (let cell = hash & mask; cells[cell * 2] !== 0; cell = (cell + 1) & mask) {
      if (cells[cell * 2] !== hash) continue;
      const address = cells[cell * 2 + 1]! >>> 0;
      if (address !== 0 && matcher.matches(address)) return cell;
    }
    return -1;
  }

  /** The cell that holds exactly `address`, or -1; needs no look at any record. */
  findAddress(hash: number, address: number): number {
    const cells = this.#cells;
    const mask = (cells.length >>> 1) - 1;
    const wanted = address | 0;
    for (let cell = hash & mask; cells[cell * 2] !== 0; cell = (cell + 1) & mask) {
      if (cells[cell * 2] === hash && cells[cell * 2 + 1] === wanted) return cell;
    }
    return -1;
  }

  addressAt(cell: number): number {
    return this.#cells[cell * 2 + 1]! >>> 0;
  }

  /** Points a cell that {@link find} gave at another record of its key; 0 takes the key out of the index. */
  update(cell: number, address: number): void {
    assert(this.#cells[cell * 2] !== 0, 'only a cell in use is updated');
    assert(this.#cells[cell * 2 + 1] !== 0, 'a cell without a record is taken by insertion');
    if (address === 0) this.#keys -= 1;
    this.#cells[cell * 2 + 1] = address | 0;
  }

  /** Adds a key that is not in the index. O(1), and O(size) when the table doubles. */
  insert(hash: number, address: number): void {
    assert(hash !== 0 && address !== 0, 'neither a hash nor an address is zero');
    const capacity = this.#cells.length >>> 1;
    if (this.#used + 1 > capacity * this.#loadFactor) this.#grow();
    if (place(this.#cells, hash, address | 0)) this.#used += 1;
    this.#keys += 1;
  }

  /** Addresses of all keys, in no order. The index must not change meanwhile. */
  *addresses(): Generator<number, void, undefined> {
    const cells = this.#cells;
    for (let cell = 0; cell < cells.length; cell += 2) {
      if (cells[cell + 1] !== 0) yield cells[cell + 1]! >>> 0;
    }
  }

  #grow(): void {
    const old = this.#cells;
    assert(old.length < CAPACITY_MAX * 2, 'the index does not outgrow its largest size');
    const next = new Int32Array(old.length * 2);
    this.#used = 0;
    for (let cell = 0; cell < old.length; cell += 2) {
      if (old[cell + 1] === 0) continue;
      place(next, old[cell]!, old[cell + 1]!);
      this.#used += 1;
    }
    this.#cells = next;
  }
}

/** Writes into the first free cell of the probe sequence; true if no hash was there before. */
function place(cells: Int32Array, hash: number, address: number): boolean {
  const mask = (cells.length >>> 1) - 1;
  let cell = hash & mask;
  while (cells[cell * 2] !== 0) {
    if (cells[cell * 2] === hash && cells[cell * 2 + 1] === 0) {
      cells[cell * 2 + 1] = address;
      return false;
    }
    cell = (cell + 1) & mask;
  }
  cells[cell * 2] = hash;
  cells[cell * 2 + 1] = address;
  return true;
}
