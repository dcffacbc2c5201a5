/**
 * The pages of the log that lie in memory: a ring of frames, each the image of one page of a file, and a table that
 * says for every page of the address space in which frame it lies.
 *
 * Pages enter in log order and leave in log order. A page leaves only when it is written out, and its frame is
 * zeroed before the next page gets it: a place in a page that was not written reads as zero.
 */
import { assert } from '@htkv/base';

import { UNIT_LOG2 } from '../format/geometry.ts';

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
  /** Page numbers by the order in which they entered, modulo the number of frames. */
  readonly #order: Int32Array;
  /** Pages that ever entered and left. Invariant: `#entered - #left <= frames`. */
  #entered = 0;
  #left = 0;
  #touched = 0;

  constructor(ring: ArrayBuffer | SharedArrayBuffer, table: Int32Array, pageLog2: number) {
    this.#unitsLog2 = pageLog2 - UNIT_LOG2;
    this.#unitsMask = 2 ** this.#unitsLog2 - 1;
    this.pageBytes = 2 ** pageLog2;
    this.frames = ring.byteLength / this.pageBytes;
    this.bytes = new Uint8Array(ring);
    this.words = new Int32Array(ring);
    this.view = new DataView(ring);
    this.#table = table;
    this.#order = new Int32Array(this.frames);
  }

  /** Bytes of memory that frames have taken so far. */
  get touchedBytes(): number {
    return this.#touched * this.pageBytes;
  }

  /** Frames without a page. */
  get freeFrames(): number {
    return this.frames - (this.#entered - this.#left);
  }

  /** Byte offset in the ring of the unit at `address`, or -1 if its page is not in memory. */
  find(address: number): number {
    const frame = this.#table[address >>> this.#unitsLog2]!;
    if (frame === 0) return -1;
    return (frame - 1) * this.pageBytes + ((address & this.#unitsMask) << UNIT_LOG2);
  }

  /** As {@link find}, for a page that is being written and therefore in memory. */
  at(address: number): number {
    const offset = this.find(address);
    assert(offset >= 0, 'a page that is being written is in memory');
    return offset;
  }

  /** Brings in the page of `address`, all zeros, unless it is in memory. There is a free frame. */
  enter(address: number): void {
    const page = address >>> this.#unitsLog2;
    if (this.#table[page] !== 0) return;
    assert(this.freeFrames > 0, 'a page enters a free frame');
    const frame = this.#entered % this.frames;
    if (this.#entered >= this.frames) {
      this.words.fill(0, (frame * this.pageBytes) / 4, ((frame + 1) * this.pageBytes) / 4);
    }
    this.#touched = Math.max(this.#touched, frame + 1);
    this.#order[frame] = page;
    this.#entered += 1;
    this.#table[page] = frame + 1;
  }

  /** Brings in the page of `address` with `bytes` at its start. There is a free frame. */
  fill(address: number, bytes: Uint8Array): void {
    this.enter(address);
    this.bytes.set(bytes, this.at(address & ~this.#unitsMask));
  }

  /** Lets the oldest pages go until `wanted` frames are free, as far as `isWritten` allows it. */
  evict(wanted: number, isWritten: (pageAddress: number) => boolean): void {
    while (this.freeFrames < wanted && this.#entered > this.#left) {
      const page = this.#order[this.#left % this.frames]!;
      if (!isWritten((page << this.#unitsLog2) >>> 0)) return;
      this.#leave(page);
    }
  }

  #leave(page: number): void {
    this.#table[page] = 0;
    this.#left += 1;
  }
}
