/**
 * Leaves the youngest pages of the log in memory after recovery has read them anyway, so that a store which was
 * opened again reads as fast as before it was closed.
 */
import { UNIT_BYTES } from '../format/geometry.ts';
import type { ManifestEntry } from '../format/manifest.ts';
import { addressOf } from '../log/address.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from '../segment/segment.ts';

/** Takes pages in while what is still to be read leaves frames for them. */
export class PageWarming {
  readonly #ring: PageRing;
  /** Bytes of the segments that are still to come. */
  #bytesBehind: number;

  constructor(ring: PageRing, segments: readonly ManifestEntry[]) {
    this.#ring = ring;
    this.#bytesBehind = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** `bytes` is what recovery has read of `segment`, the next one in the log; only what belongs to the log is kept. */
  take(segment: Segment, entry: ManifestEntry, bytes: Uint8Array): void {
    this.#bytesBehind -= entry.bytes;
    const { pageBytes, frames } = this.#ring;
    if (this.#bytesBehind >= frames * pageBytes) return;
    for (let offset = 0; offset < segment.bytes; offset += pageBytes) {
      const end = Math.min(segment.bytes, offset + pageBytes);
      this.#ring.evict(1, () => true);
      this.#ring.fill(addressOf(segment.slot, Math.max(offset, UNIT_BYTES)), bytes.subarray(offset, end));
    }
  }
}
