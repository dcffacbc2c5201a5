/**
 * The index from keys to addresses: open addressing with linear probing over `[hash, address]` cells in shared
 * memory, read without locks and changed by compare-and-swap.
 *
 * The table knows hashes only; whether a record holds the key that is sought is the question it asks back. A cell
 * keeps its hash as long as its table lives, so a probe that reaches an empty cell has seen everything, and whoever
 * loses the race for an empty cell finds the winner's hash in it: one key never has two cells.
 *
 * Rebuilding. When the cells in use are as many as the load factor allows, another table is filled cell by cell, a few
 * with every insertion, so no insertion pays for all. It is twice as large, or as large, or half as large, as the keys
 * demand: cells whose keys have left the index stay behind. Meanwhile both tables count, the old one first: an empty
 * cell of it is frozen before anybody can miss an insertion there, and an entry is copied before its old cell is
 * marked as moved, so that a probe which meets a mark goes on in the new table and finds at least what the old one
 * held.
 *
 * The memory of a table that was left is that of a later one, while readers may be in it still. So they ask afterwards
 * whether a table was begun meanwhile, and if so, begin again. Where tables lie is the matter of `table-space.ts`.
 */
import { assert, CodedError } from '@htkv/base';

import { orderLoads } from '../control/load-order.ts';
import type { CellKeeper } from './cell-keeper.ts';
import {
  addressesIn,
  candidateIn,
  copyTable,
  EMPTY,
  FROZEN,
  holdAllIn,
  holdsIn,
  MOVED,
  NO_CANDIDATE,
  PENDING,
} from './table-cells.ts';
import { baseOf, capacityLog2Of, IndexWord, nextCapacityLog2, TableSpace } from './table-space.ts';

/** Answers whether the record at an address holds the key of the running look-up. */
export interface KeyMatcher {
  matches(address: number): boolean;
}

const CURRENT = IndexWord.current;
const TAKEN = IndexWord.taken;
const NEXT = IndexWord.next;
const USED = IndexWord.used;
const USED_NEXT = IndexWord.usedNext;
const DROPPED = IndexWord.dropped;
const MIGRATED = IndexWord.migrated;

/** Cells that doubling moves with each insertion. While it lasts, a sixteenth of the table at most fills up. */
const CELLS_PER_INSERTION = 16;
/**
 * The same of a table that does not become larger: the new one begins with keys up to the load factor, and what is
 * inserted meanwhile on top.
 */
const CELLS_PER_INSERTION_IN_PLACE = 32;

export class HashIndex {
  readonly #cells: Int32Array;
  readonly #space: TableSpace;
  readonly #loadFactor: number;
  /** Keys that the largest table may hold. */
  readonly #keysMax: number;
  readonly #countKeys: () => number;
  readonly #keeper: CellKeeper | undefined;

  /**
   * `memory` is all the index can ever take, zeroed, at least 10 KiB; what is not used is not touched. `loadFactor`
   * is the share of cells in use at which the table is rebuilt, between 0.1 and 0.9. `countKeys` says how many keys are
   * in the index, or a little more; without it, its cells are counted. With a `keeper` keys leave it.
   */
  constructor(memory: Int32Array, loadFactor = 0.7, countKeys?: () => number, keeper?: CellKeeper) {
    this.#cells = memory;
    this.#loadFactor = loadFactor;
    this.#countKeys = countKeys ?? ((): number => this.cellsWithKeys);
    this.#keeper = keeper;
    assert(
      loadFactor + 1 / CELLS_PER_INSERTION + 1 / CELLS_PER_INSERTION_IN_PLACE < 1,
      'a rebuild ends before its table is full',
    );
    this.#space = new TableSpace(memory);
    this.#keysMax = 2 ** this.#space.largestLog2 * loadFactor;
  }

  /** Bytes of memory that tables have ever touched. */
  get bytes(): number {
    return this.#space.bytes;
  }

  /** Cells that have a key, or a few more. */
  get cellsWithKeys(): number {
    return this.#cells[USED]! - this.#cells[DROPPED]!;
  }

  /** Whether `count` more keys fit for certain. */
  hasRoomFor(count: number): boolean {
    return this.#countKeys() + count < this.#keysMax;
  }

  /** Address of the key that `matcher` knows, 0 if it has none. Expected O(1). */
  find(hash: number, matcher: KeyMatcher): number {
    for (;;) {
      const taken = Atomics.load(this.#cells, TAKEN);
      const address = this.#search(hash, matcher);
      if (this.#isStill(taken)) return address;
    }
  }

  #search(hash: number, matcher: KeyMatcher): number {
    const cells = this.#cells;
    let table = Atomics.load(cells, CURRENT);
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2Of(table)) - 1;
      let isMoved = false;
      for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
        const word = base + cell * 2;
        const found = cells[word]!;
        if (found === hash) {
          // Acquires the record's bytes together with its address.
          const address = Atomics.load(cells, word + 1);
          if (address === MOVED) isMoved = true;
          else if (address !== PENDING && matcher.matches(address >>> 0)) return address >>> 0;
        } else if (found === EMPTY) {
          break;
        } else if (found === FROZEN) {
          isMoved = true;
          break;
        }
      }
      if (!isMoved) return 0;
      table = this.#after(table);
      // There is none: the region of the table that was searched has become that of the current one.
      if (table === 0) return 0;
    }
  }

  /** Whether no region was taken for a new table since that was asked: what was found in the tables is true. */
  #isStill(taken: number): boolean {
    orderLoads();
    return Atomics.load(this.#cells, TAKEN) === taken;
  }

  /**
   * Address of the first key with that hash, which is the one that is looked for unless another has the same hash; 0 if
   * there is none, {@link NO_CANDIDATE} where that takes a look of its own. Any thread. Expected O(1).
   */
  candidate(hash: number): number {
    const taken = Atomics.load(this.#cells, TAKEN);
    const address = candidateIn(this.#cells, hash);
    if (!this.#isStill(taken)) return NO_CANDIDATE;
    // A key that has left is not found here.
    return address === 0 && this.#keeper !== undefined ? NO_CANDIDATE : address;
  }

  /** Whether a key with that hash has exactly that address. */
  holds(hash: number, address: number): boolean {
    for (;;) {
      const taken = Atomics.load(this.#cells, TAKEN);
      const isHeld = holdsIn(this.#cells, hash, address);
      if (this.#isStill(taken)) return isHeld;
    }
  }

  /** Puts -1 into `places` for each of the first `count` addresses that {@link holds} is false of. */
  holdAll(hashes: Int32Array, addresses: Int32Array, places: Int32Array, count: number): void {
    for (;;) {
      const taken = Atomics.load(this.#cells, TAKEN);
      holdAllIn(this.#cells, hashes, addresses, places, count);
      if (this.#isStill(taken)) return;
    }
  }

  /** Brings the cell in which a probe for `hash` begins closer to the processor. What it returns means nothing. */
  warm(hash: number): number {
    const table = this.#cells[CURRENT]!;
    return this.#cells[baseOf(table) + (hash & ((1 << capacityLog2Of(table)) - 1)) * 2]!;
  }

  /**
   * Points the key whose address is `expected` at `address` instead, or at none with 0; false if it no longer is. For
   * the thread that may write.
   */
  replace(hash: number, expected: number, address: number): boolean {
    const cells = this.#cells;
    const from = expected | 0;
    let table = Atomics.load(cells, CURRENT);
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2Of(table)) - 1;
      let isMoved = false;
      for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
        const word = base + cell * 2;
        const found = cells[word]!;
        if (found === hash) {
          const before = Atomics.compareExchange(cells, word + 1, from, address | 0);
          if (before === from) {
            if (address === 0) Atomics.add(cells, DROPPED, 1);
            return true;
          }
          if (before === MOVED) isMoved = true;
        } else if (found === EMPTY) {
          break;
        } else if (found === FROZEN) {
          isMoved = true;
          break;
        }
      }
      if (!isMoved) return false;
      table = this.#after(table);
    }
  }

  /**
   * Adds the key that `matcher` knows; false if it is in the index. There is room, as {@link hasRoomFor} said, or it
   * throws `STORAGE_FULL`. Expected O(1): a rebuild costs every insertion the same. For the thread that may write.
   */
  insert(hash: number, address: number, matcher: KeyMatcher): boolean {
    assert(hash !== EMPTY && hash !== FROZEN && address !== 0, 'a hash and an address mean themselves');
    const cells = this.#cells;
    this.#rebuild();
    let table = Atomics.load(cells, CURRENT);
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2Of(table)) - 1;
      let isMoved = false;
      for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
        const word = base + cell * 2;
        let found = cells[word]!;
        const wasDropped = found === hash;
        // Behind a moved entry the key may be in the next table: nothing is added here any more.
        if (found === EMPTY && isMoved) break;
        if (found === EMPTY) {
          this.#countUsed(table, 1);
          found = Atomics.compareExchange(cells, word, EMPTY, hash);
          if (found === EMPTY) found = hash;
          else this.#countUsed(table, -1);
        }
        if (found === FROZEN) {
          isMoved = true;
          break;
        }
        if (found !== hash) continue;
        const before = Atomics.compareExchange(cells, word + 1, PENDING, address | 0);
        if (before === PENDING) {
          if (wasDropped && cells[DROPPED]! > 0) Atomics.sub(cells, DROPPED, 1);
          return true;
        }
        if (before === MOVED) isMoved = true;
        else if (matcher.matches(before >>> 0)) return false;
      }
      table = this.#after(table);
    }
  }

  /** Addresses of all keys, in no order. The index must not change meanwhile. */
  addresses(): Generator<number, void, undefined> {
    return addressesIn(this.#cells);
  }

  /**
   * Counts a cell of a table as used, before it is: a count that is too high lets the table be rebuilt early, one that is
   * too low would let it fill. That of the current table counts all insertions.
   */
  #countUsed(table: number, change: number): void {
    const cells = this.#cells;
    Atomics.add(cells, USED, change);
    if (table === cells[NEXT]) Atomics.add(cells, USED_NEXT, change);
  }

  /** The table that holds every key; 0 while the index is rebuilt. Who copies it asks again after each piece. */
  get onlyTable(): number {
    return this.#cells[NEXT] === 0 ? this.#cells[CURRENT]! : 0;
  }

  /** Grows by one with each rebuild: tables take turns in their places, so the place does not name one. */
  get rebuilds(): number {
    return this.#cells[TAKEN]!;
  }

  /** Goes on rebuilding by `steps` insertions' worth, for who may write. False while it has not come to its end. */
  settle(steps: number): boolean {
    for (let step = 0; step < steps && this.#isRebuilding; step += 1) this.#goOn();
    return !this.#isRebuilding;
  }

  /** See {@link copyTable}. */
  copyCells(from: number, target: Int32Array): number {
    return copyTable(this.#cells, this.onlyTable, from, target);
  }

  /** The table that a probe goes on in after a mark in `table`; 0 only for who has been overtaken by two rebuilds. */
  #after(table: number): number {
    const next = Atomics.load(this.#cells, NEXT);
    const current = Atomics.load(this.#cells, CURRENT);
    return current === table ? next : current;
  }

  get #isRebuilding(): boolean {
    return this.#cells[NEXT] !== 0 || this.#space.isPreparing;
  }

  #rebuild(): void {
    if (this.#isRebuilding) {
      this.#goOn();
      return;
    }
    const cells = this.#cells;
    const capacityLog2 = capacityLog2Of(cells[CURRENT]!);
    if (cells[USED]! < 2 ** capacityLog2 * this.#loadFactor) return;
    const keys = this.#countKeys();
    if (keys > this.#keysMax) {
      throw new CodedError('STORAGE_FULL', 'the index has reached the largest size it can have');
    }
    this.#space.prepare(
      nextCapacityLog2(capacityLog2, keys, this.#loadFactor, this.#space.largestLog2, this.#keeper),
    );
  }

  #goOn(): void {
    if (this.#cells[NEXT] === 0) this.#space.clearSome();
    else this.#migrateSome();
  }

  /** Moves a few cells of the current table, and makes the next table the current one when all have moved. */
  #migrateSome(): void {
    const cells = this.#cells;
    const current = cells[CURRENT]!;
    const capacity = 2 ** capacityLog2Of(current);
    const isDoubling = capacityLog2Of(cells[NEXT]!) > capacityLog2Of(current);
    const some = isDoubling ? CELLS_PER_INSERTION : CELLS_PER_INSERTION_IN_PLACE;
    const end = Math.min(capacity, cells[MIGRATED]! + some);
    for (let cell = cells[MIGRATED]!; cell < end; cell += 1) this.#migrate(baseOf(current) + cell * 2);
    cells[MIGRATED] = end;
    if (end < capacity) return;
    Atomics.store(cells, CURRENT, cells[NEXT]!);
    this.#leaveOldTable();
  }

  /** The next table has become the current one: it is not the next one any more. */
  #leaveOldTable(): void {
    const cells = this.#cells;
    cells[USED] = cells[USED_NEXT]!;
    cells[DROPPED] = 0;
    Atomics.store(cells, NEXT, 0);
  }

  /**
   * Finishes what a thread that died had begun: a table that became the current one is not the next one as well, and
   * no entry is in both tables. A region that was taken and not used yet is cleared on, or taken again.
   */
  repair(): void {
    const cells = this.#cells;
    if (cells[CURRENT] === cells[NEXT]) this.#leaveOldTable();
    this.#space.repair();
    if (cells[NEXT] !== 0) this.#migrateSome();
  }

  /** Moves one cell of the current table to the next one. Doing it twice does no harm. */
  #migrate(word: number): void {
    const cells = this.#cells;
    const hash = Atomics.compareExchange(cells, word, EMPTY, FROZEN);
    if (hash === EMPTY || hash === FROZEN) return;
    let address = Atomics.compareExchange(cells, word + 1, PENDING, MOVED);
    if (address === PENDING || address === MOVED) return;
    if (this.#keeper?.isLeaving(address >>> 0) === true) {
      // Whoever misses it from here on finds it elsewhere.
      Atomics.store(cells, word + 1, MOVED);
      return;
    }
    const copy = this.#copy(hash, address);
    for (;;) {
      const before = Atomics.compareExchange(cells, word + 1, address, MOVED);
      if (before === address) return;
      address = before;
      Atomics.store(cells, copy + 1, address);
    }
  }

  /**
   * Copies an entry to the next table and returns its cell there. Whoever was cut off in between has left the cell
   * without its address, or with it: the same cell is found again.
   */
  #copy(hash: number, address: number): number {
    const cells = this.#cells;
    const base = baseOf(cells[NEXT]!);
    const mask = (1 << capacityLog2Of(cells[NEXT]!)) - 1;
    for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
      const word = base + cell * 2;
      if (cells[word] === EMPTY) Atomics.add(cells, USED_NEXT, 1);
      const found = Atomics.compareExchange(cells, word, EMPTY, hash);
      if (found !== EMPTY && found !== hash) continue;
      const before = Atomics.compareExchange(cells, word + 1, PENDING, address);
      if (before === PENDING || before === address) return word;
    }
  }
}
