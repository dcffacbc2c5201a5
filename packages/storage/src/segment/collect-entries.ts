/**
 * What the index of a sealed segment is made from: hash and place of the newest record of each key in it. Pages that
 * are in memory are looked at there; what has left memory is read back, a page at a time, and not believed before it
 * has been compared with its checksums.
 *
 * A record that a later one of the segment names as the one that it replaces is not the newest of its key: no key
 * has to be compared for that, or even looked at.
 */
import { UNIT_LOG2 } from '../format/geometry.ts';
import { checkRecord, RecordType } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { IndexEntries } from '../format/sparse-index.ts';
import { addressOf, offsetOf, slotOf } from '../log/address.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from './segment.ts';

const KEY_HASH = 16;
const PREVIOUS = 20;

/**
 * Entries of a segment all of whose groups are written, in log order; `undefined` where something cannot be read back
 * as it was written. O(segment). In the turn of this thread.
 */
export function collectEntries(segment: Segment, ring: PageRing): IndexEntries | undefined {
  const collector = new EntryCollector(segment, ring);
  const { pageBytes } = ring;
  for (let start = 0; start < segment.bytes; start += pageBytes) {
    if (!collector.visitPage(start, Math.min(segment.bytes, start + pageBytes))) return undefined;
  }
  return collector.newest();
}

class EntryCollector {
  readonly #segment: Segment;
  readonly #ring: PageRing;
  readonly #hashes: Uint32Array;
  readonly #units: Uint32Array;
  #count = 0;
  /** A bit for each unit: whether a record there was replaced by a later one of the segment. */
  readonly #replaced: Uint32Array;
  /** Where pages that have left memory are read to. */
  #page: Uint8Array | undefined;

  constructor(segment: Segment, ring: PageRing) {
    this.#segment = segment;
    this.#ring = ring;
    this.#hashes = new Uint32Array(segment.recordCount);
    this.#units = new Uint32Array(segment.recordCount);
    this.#replaced = new Uint32Array(((segment.bytes >>> UNIT_LOG2) >>> 5) + 1);
  }

  /** Takes in the records between two offsets of one page; false if they are not what was written. */
  visitPage(start: number, end: number): boolean {
    const first = Math.max(start, SEGMENT_HEADER_BYTES);
    const at = this.#ring.find(addressOf(this.#segment.slot, first));
    if (at >= 0) return this.#visit(this.#ring.view, at - first, first, end, undefined);
    const page = this.#readBack(start, end);
    if (page === undefined) return false;
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    return this.#visit(view, -start, first, end, page);
  }

  /** `shift` is where the start of the segment would lie in `view`; with `cold`, records are compared with their checksums. */
  #visit(view: DataView, shift: number, first: number, end: number, cold: Uint8Array | undefined): boolean {
    const { slot } = this.#segment;
    for (let offset = first; offset < end;) {
      const at = shift + offset;
      const word = view.getUint32(at, true);
      const bytes = (word & 0xffff) << UNIT_LOG2;
      const type = (word >>> 16) & 0xff;
      if (bytes === 0 || offset + bytes > end) return false;
      if (type === RecordType.set || type === RecordType.delete) {
        if (cold !== undefined && !this.#isIntact(cold, at, bytes, offset)) return false;
        if (this.#count === this.#hashes.length) return false;
        this.#hashes[this.#count] = view.getUint32(at + KEY_HASH, true);
        this.#units[this.#count] = offset >>> UNIT_LOG2;
        this.#count += 1;
        const previous = view.getUint32(at + PREVIOUS, true);
        if (previous !== 0 && slotOf(previous) === slot) this.#replace(offsetOf(previous), offset);
      }
      offset += bytes;
    }
    return true;
  }

  #replace(offset: number, by: number): void {
    if (offset >= by) return;
    const unit = offset >>> UNIT_LOG2;
    this.#replaced[unit >>> 5]! |= 1 << (unit & 31);
  }

  #isIntact(page: Uint8Array, at: number, bytes: number, offset: number): boolean {
    const record = page.subarray(at, at + bytes);
    const view = new DataView(record.buffer, record.byteOffset, bytes);
    return checkRecord(record, view, bytes, this.#segment.seed, offset);
  }

  #readBack(start: number, end: number): Uint8Array | undefined {
    this.#page ??= new Uint8Array(this.#ring.pageBytes);
    const page = this.#page.subarray(0, end - start);
    try {
      return this.#segment.file.read(page, start) === page.length ? page : undefined;
    } catch {
      // Whoever reads the records will be told; sealing does not depend on it.
      return undefined;
    }
  }

  /** What is left when replaced records are taken out; undefined unless every record of the segment was seen. */
  newest(): IndexEntries | undefined {
    if (this.#count !== this.#segment.recordCount) return undefined;
    let count = 0;
    for (let entry = 0; entry < this.#count; entry += 1) {
      const unit = this.#units[entry]!;
      if ((this.#replaced[unit >>> 5]! & (1 << (unit & 31))) !== 0) continue;
      this.#hashes[count] = this.#hashes[entry]!;
      this.#units[count] = unit;
      count += 1;
    }
    return { hashes: this.#hashes, units: this.#units, count };
  }
}
