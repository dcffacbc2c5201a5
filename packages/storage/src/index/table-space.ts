/**
 * Where the tables of an index lie in its memory, and how large the next one is.
 *
 * Two tables exist at most at a time, the one that counts and the one that it is rebuilt into. So the memory is two
 * regions, each as large as the largest table, and tables take turns in them. A region that a table had before is
 * cleared before it is used again, a few pages at a time; `TAKEN` is counted up before its first word is touched,
 * which tells readers who may still be in the old table that what they see there means nothing.
 *
 * ```
 * word 0               16     32               48                             64             512
 *      | current, taken | next | used, used next | migrated, prepared, cleared | touched, twice | region 0 | region 1 |
 * ```
 */
import { assert, CodedError } from '@htkv/base';

import type { CellKeeper } from './cell-keeper.ts';

/** Words of an index. Those that readers look at lie 64 bytes from those that change with every insertion. */
export const IndexWord = {
  current: 0,
  /** Times that a region was taken for a new table. Counted before the region changes. */
  taken: 1,
  /** 0 unless the table is being rebuilt. */
  next: 16,
  /** At least the cells of the current table that have a hash. Invariant: fewer than all, so every probe ends. */
  used: 32,
  /** The same of the next table, so far. */
  usedNext: 33,
  /** Of those in `used`, cells whose keys were taken out; perhaps more are. */
  dropped: 34,
  /** Cells of the current table that the rebuild is done with. */
  migrated: 48,
  /** The table that is to become the next one, while its region is cleared; else 0. */
  prepared: 49,
  /** Words of that region that are clear. */
  cleared: 50,
  /** Of each region, the words that any table has ever taken; behind them it is zero. */
  touched: 64,
  tables: 512,
} as const;

export const CAPACITY_LOG2_MIN = 10;
/** A probe of a table begins in a multiple of this many words. */
const BASE_WORDS = 512;
/** Words that are cleared at a time: 16 KiB, about a microsecond. */
const WORDS_PER_CLEARING = 4096;
/** The table is doubled if more than this share of what it may hold are keys; else its dropped cells make room enough. */
const DOUBLING_SHARE = 3 / 4;
/** It is halved if not even this share are keys. */
const HALVING_SHARE = 1 / 8;

const { current, next, prepared, cleared, taken, touched, usedNext, migrated } = IndexWord;

/** The largest table that an index of so many words can have: two of them have room, or one if it is the smallest. */
export function capacityLog2Max(memoryWords: number): number {
  return Math.max(CAPACITY_LOG2_MIN, Math.floor(Math.log2((memoryWords - IndexWord.tables) / 4)));
}

/** The word that says where a table lies and how large it is. In one, so that no reader mixes two tables. */
export function tableAt(base: number, capacityLog2: number): number {
  return (base / BASE_WORDS) * 32 + capacityLog2;
}

export function baseOf(table: number): number {
  return (table >>> 5) * BASE_WORDS;
}

export function capacityLog2Of(table: number): number {
  return table & 31;
}

/** The capacity of the table that one with `keys` keys is rebuilt into; before it outgrows the goal of `keeper`, keys leave. */
export function nextCapacityLog2(
  capacityLog2: number,
  keys: number,
  loadFactor: number,
  largestLog2: number,
  keeper?: CellKeeper,
): number {
  const planned = capacityLog2For(capacityLog2, keys, loadFactor, largestLog2);
  if (keeper === undefined || planned <= keeper.capacityLog2Goal) return planned;
  const left = keeper.makeRoom(keys, 2 ** (keeper.capacityLog2Goal - 1) * loadFactor);
  // What is left is an estimate: a table of the same size holds what this one holds.
  return Math.max(capacityLog2, capacityLog2For(capacityLog2, left, loadFactor, largestLog2));
}

function capacityLog2For(
  capacityLog2: number,
  keys: number,
  loadFactor: number,
  largestLog2: number,
): number {
  const keysMax = 2 ** capacityLog2 * loadFactor;
  if (keys > keysMax * DOUBLING_SHARE) return Math.min(capacityLog2 + 1, largestLog2);
  if (keys < keysMax * HALVING_SHARE) return Math.max(capacityLog2 - 1, CAPACITY_LOG2_MIN);
  return capacityLog2;
}

export class TableSpace {
  readonly #cells: Int32Array;
  readonly largestLog2: number;

  /** `memory` is zeroed, or that of an index. */
  constructor(memory: Int32Array) {
    this.#cells = memory;
    this.largestLog2 = capacityLog2Max(memory.length);
    if (memory[current] !== 0) return;
    const words = 2 ** (CAPACITY_LOG2_MIN + 1);
    assert(memory.length >= IndexWord.tables + words, 'the memory of an index holds its first table');
    memory[touched] = words;
    memory[current] = tableAt(IndexWord.tables, CAPACITY_LOG2_MIN);
  }

  /** Bytes of memory that tables have ever touched. */
  get bytes(): number {
    const cells = this.#cells;
    return (IndexWord.tables + cells[touched]! + cells[touched + 1]!) * Int32Array.BYTES_PER_ELEMENT;
  }

  get isPreparing(): boolean {
    return this.#cells[prepared] !== 0;
  }

  /** Takes the region that the current table does not lie in. Throws `STORAGE_FULL` where there is only one. */
  prepare(capacityLog2: number): void {
    const cells = this.#cells;
    const region = 1 - this.#regionOf(cells[current]!);
    const base = this.#baseOfRegion(region);
    if (base + 2 ** (capacityLog2 + 1) > cells.length) {
      throw new CodedError('STORAGE_FULL', 'the index has reached the largest size it can have');
    }
    // Readers who are in the table that lay there have to learn of it before they find anything else there.
    Atomics.add(cells, taken, 1);
    cells[cleared] = 0;
    Atomics.store(cells, prepared, tableAt(base, capacityLog2));
  }

  /** Clears a little more of the region that was taken; when all is clear the table in it is the next one. */
  clearSome(): void {
    const cells = this.#cells;
    const table = cells[prepared]!;
    const base = baseOf(table);
    const words = 2 ** (capacityLog2Of(table) + 1);
    const touchedWord = touched + this.#regionOf(table);
    const from = cells[cleared]!;
    const end = Math.min(words, cells[touchedWord]!);
    const to = Math.min(end, from + WORDS_PER_CLEARING);
    cells.fill(0, base + from, base + to);
    cells[cleared] = to;
    if (to < end) return;
    cells[touchedWord] = Math.max(cells[touchedWord]!, words);
    cells[migrated] = 0;
    cells[usedNext] = 0;
    Atomics.store(cells, next, table);
    cells[prepared] = 0;
  }

  /** What a thread that died may have left: a table that is the next one and is called prepared still. */
  repair(): void {
    const cells = this.#cells;
    if (cells[next] !== 0) cells[prepared] = 0;
  }

  #regionOf(table: number): number {
    return baseOf(table) === IndexWord.tables ? 0 : 1;
  }

  #baseOfRegion(region: number): number {
    return IndexWord.tables + region * 2 ** (this.largestLog2 + 1);
  }
}
