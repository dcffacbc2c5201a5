/**
 * The pages of the log that lie in memory. A frame is the image of its page in the file, so writing the log out is
 * copying bytes, and a page that leaves memory is read back from the same place.
 */
import { assert } from '@htkv/base';

import { SLOT_LOG2 } from '../format/geometry.ts';

/** The image of one page. `view` looks at the same bytes. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class ResidentPages {
  readonly #pageLog2: number;
  readonly #framesMax: number;
  /** By page number, oldest first. Invariant: at most `framesMax` after {@link evict} if the log is written out. */
  readonly #frames = new Map<number, Frame>();
  #spare: Frame | undefined;

  /** At least four pages stay resident, whatever the budget in bytes. */
  constructor(pageLog2: number, budgetBytes: number) {
    this.#pageLog2 = pageLog2;
    this.#framesMax = Math.max(4, Math.floor(budgetBytes / 2 ** pageLog2));
  }

  get pageBytes(): number {
    return 2 ** this.#pageLog2;
  }

  /** Bytes of memory that the frames take. */
  get bytes(): number {
    return (this.#frames.size + (this.#spare === undefined ? 0 : 1)) * this.pageBytes;
  }

  /** The frame of the page at byte `offset` of `slot`, or `undefined` if it is not in memory. */
  find(slot: number, offset: number): Frame | undefined {
    return this.#frames.get(this.#pageNumber(slot, offset));
  }

  /** The frame of a page that is about to be written; new ones hold zeros. */
  obtain(slot: number, offset: number): Frame {
    const number = this.#pageNumber(slot, offset);
    let frame = this.#frames.get(number);
    if (frame === undefined) {
      frame = this.#spare ?? newFrame(this.pageBytes);
      this.#spare = undefined;
      this.#frames.set(number, frame);
    }
    return frame;
  }

  /** Drops the oldest pages over the budget, as far as `mayEvict` lets them go. */
  evict(mayEvict: (slot: number, offset: number) => boolean): void {
    for (const [number, frame] of this.#frames) {
      if (this.#frames.size <= this.#framesMax) return;
      const slot = number >>> (SLOT_LOG2 - this.#pageLog2);
      const offset = (number << this.#pageLog2) & (2 ** SLOT_LOG2 - 1);
      if (!mayEvict(slot, offset)) return;
      this.#drop(number, frame);
    }
  }

  /** Forgets all pages of a slot. */
  release(slot: number): void {
    for (const [number, frame] of this.#frames) {
      if (number >>> (SLOT_LOG2 - this.#pageLog2) === slot) this.#drop(number, frame);
    }
  }

  #drop(number: number, frame: Frame): void {
    this.#frames.delete(number);
    frame.bytes.fill(0);
    this.#spare = frame;
  }

  #pageNumber(slot: number, offset: number): number {
    assert(offset < 2 ** SLOT_LOG2, 'an offset lies in its slot');
    return (slot << (SLOT_LOG2 - this.#pageLog2)) | (offset >>> this.#pageLog2);
  }
}

function newFrame(bytes: number): Frame {
  const buffer = new ArrayBuffer(bytes);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}
