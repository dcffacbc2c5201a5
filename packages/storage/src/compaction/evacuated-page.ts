/**
 * The page of a segment that is being emptied, as an image of its own: what is copied from it may let it go from
 * memory. What comes from memory is what readers are given, and needs no check; what comes from the file does.
 */
import { assert } from '@htkv/base';

import { corrupt, wrapFailure } from '../failure.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import { checkRecord } from '../format/record.ts';
import { addressOf } from '../log/address.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from '../segment/segment.ts';

export class EvacuatedPage {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  /** Byte of the segment where the page begins; -1 before the first. */
  start = -1;
  readonly #segment: Segment;
  readonly #ring: PageRing;
  #isFromMemory = false;

  constructor(segment: Segment, ring: PageRing) {
    this.#segment = segment;
    this.#ring = ring;
    const image = new ArrayBuffer(ring.pageBytes);
    this.bytes = new Uint8Array(image);
    this.words = new Int32Array(image);
    this.view = new DataView(image);
  }

  /**
   * Brings the page of byte `offset` in, as far as it belongs to the log. In the turn of this thread. Throws
   * `STORAGE_CORRUPT` where the file has ended before, and `STORAGE_IO`.
   */
  load(offset: number): void {
    const { pageBytes } = this.#ring;
    const start = offset - (offset % pageBytes);
    if (start === this.start) return;
    const wanted = Math.min(pageBytes, this.#segment.bytes - start);
    assert(wanted > 0, 'there is more of the segment');
    const at = this.#ring.find(addressOf(this.#segment.slot, Math.max(start, UNIT_BYTES)));
    this.#isFromMemory = at >= 0;
    if (this.#isFromMemory) {
      const frame = at - (at % pageBytes);
      this.bytes.set(this.#ring.bytes.subarray(frame, frame + wanted));
    } else {
      this.#read(start, wanted);
    }
    this.bytes.fill(0, wanted);
    this.start = start;
  }

  /** Whether the record of `bytes` bytes at `from` of the page is as it was written. */
  isSound(from: number, bytes: number): boolean {
    if (this.#isFromMemory) return true;
    return checkRecord(this.bytes, this.view, bytes, this.#segment.seed, this.start + from, from);
  }

  #read(start: number, wanted: number): void {
    const { path } = this.#segment;
    // Until it is there, none is.
    this.start = -1;
    try {
      const read = this.#segment.file.read(this.bytes.subarray(0, wanted), start);
      if (read < wanted) throw corrupt(path, start + read, 'a record', 'the end of the file');
    } catch (error) {
      throw wrapFailure(path, 'read', error);
    }
  }
}
