/**
 * The index from keys to addresses: open addressing with linear probing over `[hash, address]` cells in shared
 * memory, read without locks and changed by compare-and-swap.
 *
 * The table knows hashes only; whether a record holds the key that is sought is the question it asks back. A cell
 * keeps its hash as long as its table lives, so a probe that reaches an empty cell has seen everything, and whoever
 * loses the race for an empty cell finds the winner's hash in it: one key never has two cells.
 *
 * Growth. A table twice as large is filled cell by cell, a few with every insertion, so no insertion pays for all.
 * Meanwhile both tables count, the old one first: an empty cell of it is frozen before anybody can miss an
 * insertion there, and an entry is copied before its old cell is marked as moved, so that a probe which meets a
 * mark goes on in the new table and finds at least what the old one held.
 *
 * ```
 * word 0     16       32     48         64     80    512
 *      | current | next | used | migrated | free | ... | table | twice as large | ...
 * ```
 */
import { assert, CodedError } from '@htkv/base';

/** Answers whether the record at an address holds the key of the running look-up. */
export interface KeyMatcher {
  matches(address: number): boolean;
}

/** In the place of a hash: nothing was ever here. */
const EMPTY = 0;
/** In the place of a hash: nothing will ever be here, go on in the next table. */
const FROZEN = -1;
/** In the place of an address: taken, and not yet or no longer pointing anywhere. */
const PENDING = 0;
/** In the place of an address: go on in the next table. */
const MOVED = -1;

const CURRENT = 0;
/** 0 unless the table is growing. */
const NEXT = 16;
/** At least the cells of the current table that have a hash. Invariant: fewer than all, so every probe ends. */
const USED = 32;
/** Cells of the current table that growth is done with. */
const MIGRATED = 48;
/** First word that no table takes. */
const FREE = 64;
const TABLES = 512;

/** Where the words of an index lie in its memory, for who fills one that nobody shares yet. */
export const IndexWord: Readonly<
  Record<'current' | 'next' | 'used' | 'migrated' | 'free' | 'tables', number>
> = Object.freeze({
  current: CURRENT,
  next: NEXT,
  used: USED,
  migrated: MIGRATED,
  free: FREE,
  tables: TABLES,
});

const CAPACITY_LOG2_MIN = 10;
/** Cells that growth moves with each insertion. While it lasts, a sixteenth of the table at most fills up. */
const CELLS_PER_INSERTION = 16;

/** No address: whoever looks for a key has to look in another table. */
export const NO_CANDIDATE = -1;

export class HashIndex {
  readonly #cells: Int32Array;
  readonly #loadFactor: number;

  /**
   * `memory` is all the index can ever take, zeroed, at least 16 KiB; what is not used is not touched. `loadFactor`
   * is the share of cells in use at which the table begins to grow, between 0.1 and 0.9.
   */
  constructor(memory: Int32Array, loadFactor = 0.7) {
    this.#cells = memory;
    this.#loadFactor = loadFactor;
    assert(loadFactor + 1 / CELLS_PER_INSERTION < 1, 'growth ends before its table is full');
    if (memory[CURRENT] !== 0) return;
    assert(
      memory.length >= TABLES + 2 ** (CAPACITY_LOG2_MIN + 1),
      'the memory of an index holds its first table',
    );
    memory[FREE] = TABLES;
    memory[CURRENT] = this.#allocate(CAPACITY_LOG2_MIN);
  }

  /** Bytes of memory that all tables so far have taken. */
  get bytes(): number {
    return this.#cells[FREE]! * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Whether `count` more keys fit for certain. */
  hasRoomFor(count: number): boolean {
    const cells = this.#cells;
    const used = cells[USED]! + count;
    if (used < (1 << capacityLog2(cells[CURRENT]!)) * this.#loadFactor) return true;
    const allocated = cells[NEXT] === 0 ? cells[CURRENT]! : cells[NEXT]!;
    const allocatable = Math.floor(Math.log2((cells.length - cells[FREE]!) / 2));
    return used < 2 ** Math.max(capacityLog2(allocated), allocatable) * this.#loadFactor;
  }

  /** Address of the key that `matcher` knows, 0 if it has none. Expected O(1). */
  find(hash: number, matcher: KeyMatcher): number {
    const cells = this.#cells;
    let table = Atomics.load(cells, CURRENT);
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2(table)) - 1;
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
    }
  }

  /**
   * Address of the first key with that hash, which is the one that is looked for unless another has the same hash; 0 if
   * there is none, {@link NO_CANDIDATE} where cells have moved to another table. Any thread. Expected O(1).
   */
  candidate(hash: number): number {
    const cells = this.#cells;
    const table = Atomics.load(cells, CURRENT);
    const base = baseOf(table);
    const mask = (1 << capacityLog2(table)) - 1;
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

  /** Whether a key with that hash has exactly that address; for the thread that may write. */
  holds(hash: number, address: number): boolean {
    const cells = this.#cells;
    const sought = address | 0;
    let table = cells[CURRENT]!;
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2(table)) - 1;
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
      table = this.#after(table);
    }
  }

  /** Brings the cell in which a probe for `hash` begins closer to the processor. What it returns means nothing. */
  warm(hash: number): number {
    const table = this.#cells[CURRENT]!;
    return this.#cells[baseOf(table) + (hash & ((1 << capacityLog2(table)) - 1)) * 2]!;
  }

  /** Points the key whose address is `expected` at `address` instead; false if it no longer is. */
  replace(hash: number, expected: number, address: number): boolean {
    const cells = this.#cells;
    const from = expected | 0;
    let table = Atomics.load(cells, CURRENT);
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2(table)) - 1;
      let isMoved = false;
      for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
        const word = base + cell * 2;
        const found = cells[word]!;
        if (found === hash) {
          const before = Atomics.compareExchange(cells, word + 1, from, address | 0);
          if (before === from) return true;
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
   * Adds the key that `matcher` knows; false if it is in the index. There is room, as {@link hasRoomFor} said.
   * Expected O(1): a growing table costs every insertion the same.
   */
  insert(hash: number, address: number, matcher: KeyMatcher): boolean {
    assert(hash !== EMPTY && hash !== FROZEN && address !== 0, 'a hash and an address mean themselves');
    const cells = this.#cells;
    this.#grow();
    let table = Atomics.load(cells, CURRENT);
    for (;;) {
      const base = baseOf(table);
      const mask = (1 << capacityLog2(table)) - 1;
      let isMoved = false;
      for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
        const word = base + cell * 2;
        let found = cells[word]!;
        // Behind a moved entry the key may be in the next table: nothing is added here any more.
        if (found === EMPTY && isMoved) break;
        if (found === EMPTY) {
          // Counted first: a count that is too high makes the table grow early, one that is too low would let it fill.
          Atomics.add(cells, USED, 1);
          found = Atomics.compareExchange(cells, word, EMPTY, hash);
          if (found === EMPTY) found = hash;
          else Atomics.sub(cells, USED, 1);
        }
        if (found === FROZEN) {
          isMoved = true;
          break;
        }
        if (found !== hash) continue;
        const before = Atomics.compareExchange(cells, word + 1, PENDING, address | 0);
        if (before === PENDING) return true;
        if (before === MOVED) isMoved = true;
        else if (matcher.matches(before >>> 0)) return false;
      }
      table = this.#after(table);
    }
  }

  /** Addresses of all keys, in no order. The index must not change meanwhile. */
  *addresses(): Generator<number, void, undefined> {
    const cells = this.#cells;
    for (const table of [cells[CURRENT]!, cells[NEXT]!]) {
      if (table === 0) continue;
      const base = baseOf(table);
      const end = base + 2 ** (capacityLog2(table) + 1);
      for (let word = base; word < end; word += 2) {
        const address = cells[word + 1]!;
        if (address !== PENDING && address !== MOVED) yield address >>> 0;
      }
    }
  }

  /** The table that holds every key; 0 while the index grows. Who copies it asks again after each piece. */
  get onlyTable(): number {
    return this.#cells[NEXT] === 0 ? this.#cells[CURRENT]! : 0;
  }

  /** Goes on growing by `steps` insertions' worth, for who may write. False while it has not come to its end. */
  settle(steps: number): boolean {
    for (let step = 0; step < steps && this.#cells[NEXT] !== 0; step += 1) this.#migrateSome();
    return this.#cells[NEXT] === 0;
  }

  /**
   * Copies cells of the only table from cell `from` on, as pairs of hash and address; those without a key have no
   * hash or no address. Returns how many cells were copied: 0 behind the last.
   */
  copyCells(from: number, target: Int32Array): number {
    const table = this.onlyTable;
    const count = Math.min(2 ** capacityLog2(table) - from, target.length / 2);
    if (count <= 0) return 0;
    const start = baseOf(table) + from * 2;
    target.set(this.#cells.subarray(start, start + count * 2));
    return count;
  }

  /** The table that a probe goes on in after a mark in `table`. */
  #after(table: number): number {
    const next = Atomics.load(this.#cells, NEXT);
    const current = Atomics.load(this.#cells, CURRENT);
    return current === table ? next : current;
  }

  #grow(): void {
    const cells = this.#cells;
    const current = cells[CURRENT]!;
    const capacity = 2 ** capacityLog2(current);
    if (cells[NEXT] === 0) {
      if (cells[USED]! < capacity * this.#loadFactor) return;
      const next = this.#allocate(capacityLog2(current) + 1);
      cells[MIGRATED] = 0;
      Atomics.store(cells, NEXT, next);
    }
    this.#migrateSome();
  }

  /** Moves a few cells of the current table, and makes the next table the current one when all have moved. */
  #migrateSome(): void {
    const cells = this.#cells;
    const current = cells[CURRENT]!;
    const capacity = 2 ** capacityLog2(current);
    const end = Math.min(capacity, cells[MIGRATED]! + CELLS_PER_INSERTION);
    for (let cell = cells[MIGRATED]!; cell < end; cell += 1) this.#migrate(baseOf(current) + cell * 2);
    cells[MIGRATED] = end;
    if (end < capacity) return;
    Atomics.store(cells, CURRENT, cells[NEXT]!);
    Atomics.store(cells, NEXT, 0);
  }

  /**
   * Finishes what a thread that died had begun: a table that became the current one is not the next one as well, what
   * was taken for a table that nobody got to know is free, and no entry is in both tables.
   */
  repair(): void {
    const cells = this.#cells;
    if (cells[CURRENT] === cells[NEXT]) Atomics.store(cells, NEXT, 0);
    const youngest = cells[NEXT] === 0 ? cells[CURRENT]! : cells[NEXT]!;
    cells[FREE] = baseOf(youngest) + 2 ** (capacityLog2(youngest) + 1);
    if (cells[NEXT] !== 0) this.#migrateSome();
  }

  /** Moves one cell of the current table to the next one. Doing it twice does no harm. */
  #migrate(word: number): void {
    const cells = this.#cells;
    const hash = Atomics.compareExchange(cells, word, EMPTY, FROZEN);
    if (hash === EMPTY || hash === FROZEN) return;
    let address = Atomics.compareExchange(cells, word + 1, PENDING, MOVED);
    if (address === PENDING || address === MOVED) return;
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
    const mask = (1 << capacityLog2(cells[NEXT]!)) - 1;
    for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
      const word = base + cell * 2;
      const found = Atomics.compareExchange(cells, word, EMPTY, hash);
      if (found !== EMPTY && found !== hash) continue;
      const before = Atomics.compareExchange(cells, word + 1, PENDING, address);
      if (before === PENDING || before === address) return word;
    }
  }

  #allocate(capacityLog2Wanted: number): number {
    const cells = this.#cells;
    const base = cells[FREE]!;
    const words = 2 ** (capacityLog2Wanted + 1);
    if (base + words > cells.length) {
      throw new CodedError('STORAGE_FULL', 'the index has reached the largest size it can have');
    }
    cells[FREE] = base + words;
    return (base / TABLES) * 32 + capacityLog2Wanted;
  }
}

/** Where a table begins and how large it is stand in one word, so that no reader mixes two tables. */
function baseOf(table: number): number {
  return (table >>> 5) * TABLES;
}

function capacityLog2(table: number): number {
  return table & 31;
}
