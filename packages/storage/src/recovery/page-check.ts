/**
 * Checks pages of a segment that are read one after the other: group by group, as their trailers say, which costs less
 * than the checksum of each record. Only of the group that the first page begins in the middle of are the records
 * checked one by one.
 */
import { crc32 } from '../checksum/crc32.ts';
import { COMMIT_TRAILER_BYTES, decodeCommitTrailer } from '../format/commit-trailer.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import { itemBytes, itemType, RecordType } from '../format/record.ts';
import { chainStart, SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { isRecordSound } from '../segment/sound-page.ts';

export class PageCheck {
  readonly #seed: number;
  /** Checksum of the group up to the end of the last page, continued from the chain; undefined before the first trailer. */
  #chain: number | undefined;

  /** `seed` is that of the segment. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Checks the next page, which lies at `start` of its segment. Where it fails, all pages so far are doubtful. */
  isSound(page: Uint8Array, start: number): boolean {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    let from = 0;
    if (start === 0) {
      from = SEGMENT_HEADER_BYTES;
      this.#chain = chainStart(page);
    }
    let offset = from;
    while (offset + UNIT_BYTES <= page.length) {
      const length = itemBytes(view, offset);
      if (length === 0 || offset + length > page.length) return false;
      const type = itemType(view, offset);
      if (type === RecordType.commit) {
        const trailer = decodeCommitTrailer(page, offset, start + offset, this.#seed);
        if (trailer === undefined) return false;
        if (this.#chain !== undefined && crc32(page.subarray(from, offset), this.#chain) !== trailer.chain) {
          return false;
        }
        this.#chain = trailer.chain;
        from = offset + COMMIT_TRAILER_BYTES;
      } else if (this.#chain === undefined && !isRecordSound(page, view, offset, start, this.#seed)) {
        return false;
      }
      offset += length;
    }
    if (this.#chain !== undefined) this.#chain = crc32(page.subarray(from), this.#chain);
    return offset === page.length;
  }
}
