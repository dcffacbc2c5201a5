/**
 * Fills an index before anybody shares it: recovery hands over millions of keys, one after the other, and nobody looks
 * meanwhile. So the table is made as large as the keys need, in one place, and cells are plain stores. What is left
 * behind is an index as `HashIndex` would have made it.
 *
 * Beside each cell it keeps what counting needs to know of the record, as far as it has seen it: a record that is
 * replaced then need not be read again.
 */
import { CodedError } from '@htkv/base';

import { CAPACITY_LOG2_MIN, capacityLog2Max, IndexWord, tableAt } from './table-space.ts';

/** What is known of a cell's record, in bits. */
export const Mark = { isDelete: 1, hasDeadline: 2, isUnknown: 4 } as const;

export class IndexLoader {
  /** The memory of the index. Words of a cell: hash, address. */
  readonly cells: Int32Array;
  /** Of each cell, see {@link Mark}. */
  marks: Uint8Array;
  /** Of each cell, the units of its record; 0 where they are not known. */
  units: Uint16Array;
  /** One less than the cells of the table. */
  mask: number;
  readonly #loadFactor: number;
  /** Cells that have a key. */
  used = 0;
  /** Keys at which the table has to be larger. */
  #usedMax: number;

  /** `memory` is that of a `HashIndex` without keys. */
  constructor(memory: Int32Array, loadFactor: number) {
    this.cells = memory;
    this.#loadFactor = loadFactor;
    this.mask = 2 ** CAPACITY_LOG2_MIN - 1;
    this.marks = new Uint8Array(this.mask + 1);
    this.units = new Uint16Array(this.mask + 1);
    this.#usedMax = this.#usedMaxOf(this.mask + 1);
  }

  /** Makes room for `keys` in all, as far as there is memory. O(keys that are there). */
  expect(keys: number): void {
    let capacity = this.mask + 1;
    while (keys > this.#usedMaxOf(capacity) && this.#fits(2 * capacity)) capacity *= 2;
    if (capacity > this.mask + 1) this.#resize(capacity);
  }

  /** First word of the cell that a probe for `hash` begins with. */
  start(hash: number): number {
    return IndexWord.tables + (hash & this.mask) * 2;
  }

  /** Reads what a probe for `hash` begins with. What it returns means nothing. */
  warm(hash: number): number {
    const cell = hash & this.mask;
    return this.cells[IndexWord.tables + cell * 2]! ^ this.marks[cell]! ^ this.units[cell]!;
  }

  /** First word of the cell after the one at `word`. */
  after(word: number): number {
    return IndexWord.tables + ((((word - IndexWord.tables) >> 1) + 1) & this.mask) * 2;
  }

  /** Mark of the cell at `word`. */
  markAt(word: number): number {
    return this.marks[(word - IndexWord.tables) >> 1]!;
  }

  /** Units of the record of the cell at `word`, 0 if they are not known. */
  unitsAt(word: number): number {
    return this.units[(word - IndexWord.tables) >> 1]!;
  }

  /** Points the cell at `word`, which has a key, at another record of it. */
  replace(word: number, address: number, mark: number, units: number): void {
    this.cells[word + 1] = address;
    const cell = (word - IndexWord.tables) >> 1;
    this.marks[cell] = mark;
    this.units[cell] = units;
  }

  /** Adds a key that the index does not have. Throws `STORAGE_FULL`. */
  insert(hash: number, address: number, mark: number, units: number): void {
    if (this.used >= this.#usedMax) this.#grow();
    const { cells, mask } = this;
    let cell = hash & mask;
    while (cells[IndexWord.tables + cell * 2] !== 0) cell = (cell + 1) & mask;
    cells[IndexWord.tables + cell * 2] = hash;
    cells[IndexWord.tables + cell * 2 + 1] = address;
    this.marks[cell] = mark;
    this.units[cell] = units;
    this.used += 1;
  }

  /** Takes all keys out. */
  clear(): void {
    this.cells.fill(0, IndexWord.tables, IndexWord.tables + 2 * (this.mask + 1));
    this.marks.fill(0);
    this.units.fill(0);
    this.used = 0;
  }

  /** Says in the memory what lies in it. From here on it is a `HashIndex` again. */
  finish(): void {
    const { cells } = this;
    const capacity = this.mask + 1;
    cells[IndexWord.current] = tableAt(IndexWord.tables, Math.log2(capacity));
    cells[IndexWord.next] = 0;
    cells[IndexWord.prepared] = 0;
    cells[IndexWord.used] = this.used;
    cells[IndexWord.dropped] = 0;
    cells[IndexWord.touched] = 2 * capacity;
  }

  #usedMaxOf(capacity: number): number {
    return Math.floor(capacity * this.#loadFactor);
  }

  #fits(capacity: number): boolean {
    return capacity <= 2 ** capacityLog2Max(this.cells.length);
  }

  #grow(): void {
    const capacity = 2 * (this.mask + 1);
    if (!this.#fits(capacity)) {
      throw new CodedError('STORAGE_FULL', 'the index has reached the largest size it can have');
    }
    this.#resize(capacity);
  }

  #resize(capacity: number): void {
    const { cells, marks, units } = this;
    const end = IndexWord.tables + 2 * (this.mask + 1);
    const before = this.used === 0 ? new Int32Array() : cells.slice(IndexWord.tables, end);
    cells.fill(0, IndexWord.tables, end);
    this.mask = capacity - 1;
    this.marks = new Uint8Array(capacity);
    this.units = new Uint16Array(capacity);
    this.#usedMax = this.#usedMaxOf(capacity);
    this.used = 0;
    for (let word = 0; word < before.length; word += 2) {
      if (before[word] === 0) continue;
      this.insert(before[word]!, before[word + 1]!, marks[word >> 1]!, units[word >> 1]!);
    }
  }
}
