/**
 * The pages of the log that lie in memory: a ring of frames, each the image of one page of a file, and a table that
 * says for every page of the address space in which frame it lies.
 *
 * Pages enter in log order, but for those that come back after opening, and leave in the order in which they entered. A
 * page leaves only when it is written out, and its frame is zeroed before the next page gets it: a place in a page that
 * was not written reads as zero.
 *
 * One thread at a time lets pages enter and leave; any thread reads them meanwhile, without a lock. A reader notes how
 * many have left, looks up the frame, copies what it needs, and asks {@link isAt} whether the page was there all along:
 * its entry in the table is cleared before its frame is touched. The entry alone would not do: a page number may come
 * back for another segment, and that into the same frame.
 */
import { assert } from '@htkv/base';

import { UNIT_LOG2 } from '../format/geometry.ts';
import { orderLoads } from '../control/load-order.ts';
import { Word, type ControlMemory } from '../control/shared-memory.ts';

const TOUCHED_AHEAD_BYTES = 8 * 1024 * 1024;
/** Of the smallest pages that systems have. */
const SYSTEM_PAGE_WORDS = 1024;
/** In the order of pages: what was in the frame belongs to no file any more. */
const FORGOTTEN = -1;

export class PageRing {
  /** The frames as bytes and as words; `view` for what is neither. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  readonly pageBytes: number;
  readonly frames: number;
  readonly #unitsLog2: number;
  readonly #unitsMask: number;
  /** For each page number 0, or one more than the frame that holds it. */
  readonly #table: Int32Array;
  /** Page numbers by the frame that they entered. */
  readonly #order: Int32Array;
  /** Pages that ever entered and left. Invariant: entered - left <= frames. */
  readonly #counts: Int32Array;
  /** Frames that {@link touchAhead} has dealt with. */
  #touchedAhead = 0;

  constructor(
    ring: ArrayBuffer | SharedArrayBuffer,
    table: Int32Array,
    pageLog2: number,
    control: Pick<ControlMemory, 'words' | 'pageOrder'>,
  ) {
    this.#unitsLog2 = pageLog2 - UNIT_LOG2;
    this.#unitsMask = 2 ** this.#unitsLog2 - 1;
    this.pageBytes = 2 ** pageLog2;
    this.frames = ring.byteLength / this.pageBytes;
    this.bytes = new Uint8Array(ring);
    this.words = new Int32Array(ring);
    this.view = new DataView(ring);
    this.#table = table;
    this.#order = control.pageOrder;
    this.#counts = control.words;
  }

  /** Bytes of memory that frames have taken so far. */
  get touchedBytes(): number {
    return this.#counts[Word.framesTouched]! * this.pageBytes;
  }

  /** Frames without a page. */
  get freeFrames(): number {
    return this.frames - ((this.#counts[Word.pagesEntered]! - this.#counts[Word.pagesLeft]!) | 0);
  }

  /** Byte offset in the ring of the unit at `address`, or -1 if its page is not in memory. */
  find(address: number): number {
    const frame = this.#table[address >>> this.#unitsLog2]!;
    if (frame === 0) return -1;
    return (frame - 1) * this.pageBytes + ((address & this.#unitsMask) << UNIT_LOG2);
  }

  /** How many pages have ever left, modulo 2^32. */
  get departures(): number {
    return Atomics.load(this.#counts, Word.pagesLeft);
  }

  /**
   * Whether the unit at `address` lay at byte `at` ever since {@link departures} was as given: what was read there until
   * now is what was written. False also where that is not certain, because other pages have left.
   */
  isAt(address: number, at: number, departures: number): boolean {
    orderLoads();
    if (Atomics.load(this.#counts, Word.pagesLeft) !== departures) return false;
    const frame = Atomics.load(this.#table, address >>> this.#unitsLog2);
    return (frame - 1) * this.pageBytes + ((address & this.#unitsMask) << UNIT_LOG2) === at;
  }

  /** As {@link find}, for a page that is being written and therefore in memory. */
  at(address: number): number {
    const offset = this.find(address);
    assert(offset >= 0, 'a page that is being written is in memory');
    return offset;
  }

  /** Brings in the page of `address`, all zeros, unless it is in memory. There is a free frame. */
  enter(address: number): void {
    this.#enter(address, undefined);
  }

  /** Brings in the page of `address` with `bytes` at its start. There is a free frame. */
  fill(address: number, bytes: Uint8Array): void {
    const isThere = this.find(address) >= 0;
    if (isThere) this.bytes.set(bytes, this.at(address & ~this.#unitsMask));
    else this.#enter(address, bytes);
  }

  /**
   * Lets the pages of `count` page numbers from that of `address` on go, wherever in the order they entered: the file
   * that they are of is no part of the log any more. Their frames come free when their turn comes.
   */
  forget(address: number, count: number): void {
    const first = address >>> this.#unitsLog2;
    for (let page = first; page < first + count; page += 1) {
      const frame = this.#table[page]! - 1;
      if (frame < 0) continue;
      Atomics.store(this.#table, page, 0);
      this.#order[frame] = FORGOTTEN;
    }
  }

  /** Lets the oldest pages go until `wanted` frames are free, as far as `isWritten` allows it. */
  evict(wanted: number, isWritten: (pageAddress: number) => boolean): void {
    while (this.freeFrames < wanted && this.freeFrames < this.frames) {
      const left = this.#counts[Word.pagesLeft]!;
      const page = this.#order[(left >>> 0) % this.frames]!;
      if (page !== FORGOTTEN) {
        if (!isWritten((page << this.#unitsLog2) >>> 0)) return;
        Atomics.store(this.#table, page, 0);
      }
      Atomics.store(this.#counts, Word.pagesLeft, (left + 1) | 0);
    }
  }

  /**
   * Makes the system give the memory of the frames that come next, so that whoever writes into them does not wait for
   * it. Changes nothing; any thread.
   */
  touchAhead(): void {
    const next = this.#counts[Word.framesTouched]!;
    const end = Math.min(this.frames, next + Math.ceil(TOUCHED_AHEAD_BYTES / this.pageBytes));
    const from = Math.max(next, this.#touchedAhead);
    const frameWords = this.pageBytes / 4;
    for (let word = from * frameWords; word < end * frameWords; word += SYSTEM_PAGE_WORDS) {
      // A store that keeps what another thread may be writing at this moment.
      Atomics.add(this.words, word, 0);
    }
    this.#touchedAhead = Math.max(end, this.#touchedAhead);
  }

  /** Finishes what a thread that died had begun: the page that entered last has its place in the table. */
  repair(): void {
    const last = (this.#counts[Word.pagesEntered]! - 1) | 0;
    if (this.freeFrames === this.frames) return;
    const frame = (last >>> 0) % this.frames;
    const page = this.#order[frame]!;
    if (page !== FORGOTTEN) Atomics.store(this.#table, page, frame + 1);
  }

  #enter(address: number, bytes: Uint8Array | undefined): void {
    const page = address >>> this.#unitsLog2;
    if (this.#table[page] !== 0) return;
    assert(this.freeFrames > 0, 'a page enters a free frame');
    const entered = this.#counts[Word.pagesEntered]!;
    const frame = (entered >>> 0) % this.frames;
    if (frame < this.#counts[Word.framesTouched]!) {
      this.words.fill(0, (frame * this.pageBytes) / 4, ((frame + 1) * this.pageBytes) / 4);
    } else {
      this.#counts[Word.framesTouched] = frame + 1;
    }
    // Whoever finds the page finds all of it, and whoever dies over it has not let it enter.
    if (bytes !== undefined) this.bytes.set(bytes, frame * this.pageBytes);
    this.#order[frame] = page;
    Atomics.store(this.#counts, Word.pagesEntered, (entered + 1) | 0);
    // Releases the zeros together with the place.
    Atomics.store(this.#table, page, frame + 1);
  }
}
