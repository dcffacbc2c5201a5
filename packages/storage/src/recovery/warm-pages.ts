/**
 * Leaves the youngest pages of the log in memory: what recovery has read and checked is taken as it is. Of pages before
 * the place where it began only the one that the log goes on in is read for this, and checked too: nobody looks at the
 * checksum of a record in memory again. One that is damaged stays on disk, where it costs its damaged keys and no others,
 * and the log does not go on in it. The others come later (`log/log-warming.ts`).
 */
import { UNIT_BYTES } from '../format/geometry.ts';
import { SegmentState, type ManifestEntry } from '../format/manifest.ts';
import { wrapFailure } from '../failure.ts';
import { addressOf } from '../log/address.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from '../segment/segment.ts';
import { isPageSound } from '../segment/sound-page.ts';

/** Takes pages in while what is still to be read leaves frames for them. */
export class PageWarming {
  readonly #ring: PageRing;
  /** Bytes of the segments that are still to come. */
  #bytesBehind: number;
  #page: Uint8Array | undefined;
  /** Bytes that were read for this alone. */
  bytesRead = 0;

  constructor(ring: PageRing, segments: readonly ManifestEntry[]) {
    this.#ring = ring;
    this.#bytesBehind = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /**
   * `bytes` is what recovery has read and checked of `segment`, the next one in the log, from byte `from` on; only what
   * belongs to the log is kept. Throws `STORAGE_IO` for the page that the log goes on in.
   */
  take(segment: Segment, entry: ManifestEntry, bytes: Uint8Array, from: number): void {
    this.#bytesBehind -= entry.bytes;
    const { pageBytes, frames } = this.#ring;
    if (this.#bytesBehind >= frames * pageBytes) return;
    const firstKept = Math.max(0, segment.bytes + this.#bytesBehind - frames * pageBytes);
    for (let start = firstKept - (firstKept % pageBytes); start < segment.bytes; start += pageBytes) {
      const end = Math.min(segment.bytes, start + pageBytes);
      const isContinued = end === segment.bytes && entry.state === SegmentState.active;
      if (start < from && !isContinued) continue;
      const page = start >= from ? bytes.subarray(start, end) : this.#readPage(segment, start, end);
      if (page === undefined) continue;
      this.#ring.evict(1, () => true);
      this.#ring.fill(addressOf(segment.slot, Math.max(start, UNIT_BYTES)), page);
    }
  }

  /** The page as it was written; undefined if it is another. */
  #readPage(segment: Segment, start: number, end: number): Uint8Array | undefined {
    const page = (this.#page ??= new Uint8Array(this.#ring.pageBytes)).subarray(0, end - start);
    let read: number;
    try {
      read = segment.file.read(page, start);
    } catch (error) {
      throw wrapFailure(segment.path, 'read', error);
    }
    this.bytesRead += read;
    return read === page.length && isPageSound(page, start, segment.seed) ? page : undefined;
  }
}
