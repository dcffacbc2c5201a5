/**
 * Brings the youngest pages of the log that opening has left on disk back into memory, as many as there are free
 * frames, so that a store which was opened again soon reads as fast as before it was closed, and opening does not wait
 * for it.
 *
 * Nobody looks at the checksum of a record in memory again, so a page that does not check out stays on disk: whoever
 * reads a damaged record of it is told there. Pages are read outside of the turns, and enter in one.
 */
import { UNIT_BYTES } from '../format/geometry.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { isPageSound } from '../segment/sound-page.ts';
import { addressOf } from './address.ts';
import type { PageRing } from './page-ring.ts';

interface WarmingParts {
  readonly ring: PageRing;
  readonly segments: SegmentTable;
}

/** Bytes of a segment that fill a page of it, or its last one in part; none of them changes any more. */
interface LeftPage {
  readonly segment: Segment;
  readonly start: number;
  readonly end: number;
}

export class LogWarming {
  readonly #parts: WarmingParts;
  readonly #inTurn: <Result>(step: () => Result) => Result;
  readonly #page: Uint8Array;
  /** What is still to be read, in log order; undefined before the first step. */
  #left: LeftPage[] | undefined;

  constructor(parts: WarmingParts, inTurn: <Result>(step: () => Result) => Result) {
    this.#parts = parts;
    this.#inTurn = inTurn;
    this.#page = new Uint8Array(parts.ring.pageBytes);
  }

  /** Reads up to about `bytes` more; false once there is nothing to do any more. Throws `STORAGE_BUSY`. */
  step(bytes: number): boolean {
    this.#left ??= this.#inTurn(() => this.#plan()).reverse();
    for (let done = 0; done < bytes; done += this.#page.length) {
      const page = this.#left.pop();
      if (page === undefined) return false;
      const image = this.#read(page);
      if (image !== undefined && !this.#inTurn(() => this.#enter(page, image))) this.#left = [];
    }
    return this.#left.length > 0;
  }

  /** The pages that would be in memory if the log had been written just now, and are not. */
  #plan(): LeftPage[] {
    const { ring, segments } = this.#parts;
    const { pageBytes } = ring;
    const { inLog } = segments;
    const logBytes = inLog.reduce((sum, segment) => sum + segment.durableBytes, 0);
    const left: LeftPage[] = [];
    let before = ring.frames * pageBytes - logBytes;
    for (const segment of inLog) {
      const { durableBytes } = segment;
      const firstKept = Math.max(0, -before);
      before += durableBytes;
      for (let start = firstKept - (firstKept % pageBytes); start < durableBytes; start += pageBytes) {
        const isThere = ring.find(pageAddress(segment, start)) >= 0;
        if (!isThere) left.push({ segment, start, end: Math.min(durableBytes, start + pageBytes) });
      }
    }
    return left;
  }

  #read({ segment, start, end }: LeftPage): Uint8Array | undefined {
    const image = this.#page.subarray(0, end - start);
    try {
      if (segment.file.read(image, start) < image.length) return undefined;
    } catch {
      // It can also be that the segment has just been compacted away.
      return undefined;
    }
    return isPageSound(image, start, segment.seed) ? image : undefined;
  }

  /** False if there is no frame for it, and so for none. */
  #enter({ segment, start }: LeftPage, image: Uint8Array): boolean {
    const { ring } = this.#parts;
    // Frames come free in the order in which they were taken: what is written next must not wait for itself.
    if (ring.freeFrames <= Math.max(2, ring.frames >>> 3)) return false;
    const address = pageAddress(segment, start);
    if (segment.isPresent && !segment.isCondemned && ring.find(address) < 0) ring.fill(address, image);
    return true;
  }
}

function pageAddress({ slot }: Segment, start: number): number {
  return addressOf(slot, Math.max(start, UNIT_BYTES));
}
