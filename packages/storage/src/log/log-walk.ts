/**
 * Walking forward over what was appended since a place of the log, looking for keys that were new then: how the order
 * of the keys learns of what any thread has added. What left memory is read from its file, a page at a time.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { wrapFailure } from '../failure.ts';
import { itemBytes, itemType, recordLayout, RecordType } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { addressOf } from './address.ts';
import type { PageRing } from './page-ring.ts';

const { previous } = recordLayout.fields;

/** A place in the log: bytes from the start of a segment. */
export interface LogPlace {
  readonly segmentId: number;
  readonly offset: number;
}

export class LogWalk {
  readonly #ring: PageRing;
  readonly #segments: SegmentTable;
  readonly #control: ControlBlock;
  /** The page of a file that was read last. */
  #page: DataView | undefined;
  #pageOf: LogPlace = { segmentId: 0, offset: 0 };
  #itemsLeft = 0;

  constructor(parts: {
    readonly ring: PageRing;
    readonly segments: SegmentTable;
    readonly control: ControlBlock;
  }) {
    this.#ring = parts.ring;
    this.#segments = parts.segments;
    this.#control = parts.control;
  }

  /** The log's end, in this thread's turn. */
  get end(): LogPlace {
    const { last } = this.#segments;
    if (last === undefined) return { segmentId: 0, offset: 0 };
    return { segmentId: last.segmentId, offset: this.#endOf(last) };
  }

  /** Where in the last segment begins what no group has written yet: nothing before it is ever taken back. */
  get writtenEnd(): LogPlace {
    const { last } = this.#segments;
    if (last === undefined) return { segmentId: 0, offset: 0 };
    return { segmentId: last.segmentId, offset: last.bytes };
  }

  /** The place of the record at `offset` of the segment in a slot. */
  placeOf(slot: number, offset: number): LogPlace {
    return { segmentId: this.#segments.at(slot).segmentId, offset };
  }

  /**
   * Calls `visit` with the address of each record from `place` on that replaced nothing, in this thread's turn, over at
   * most `items` items of the log. Returns the place behind the last; undefined if it came upon what was never written,
   * and it may have visited some records then. Throws `STORAGE_IO`.
   */
  newKeys(place: LogPlace, items: number, visit: (address: number) => void): LogPlace | undefined {
    this.#itemsLeft = items;
    let reached = place;
    for (const segment of this.#segments.inOrder) {
      const { segmentId } = segment;
      if (segmentId < place.segmentId) continue;
      const start = segmentId === place.segmentId ? place.offset : SEGMENT_HEADER_BYTES;
      const offset = this.#walk(segment, start, visit);
      if (offset < 0) return undefined;
      reached = { segmentId, offset };
      if (this.#itemsLeft === 0) break;
    }
    // Kept for the pages of one walk: a segment that is removed may leave its name to another one.
    this.#page = undefined;
    return reached;
  }

  /** Returns the offset that it came to, -1 for what was never written. */
  #walk(segment: Segment, start: number, visit: (address: number) => void): number {
    const end = this.#endOf(segment);
    const { pageBytes } = this.#ring;
    let offset = start;
    for (; offset < end && this.#itemsLeft > 0; this.#itemsLeft -= 1) {
      const address = addressOf(segment.slot, offset);
      const resident = this.#ring.find(address);
      const view = resident < 0 ? this.#coldPage(segment, offset) : this.#ring.view;
      const at = resident < 0 ? offset % pageBytes : resident;
      const bytes = itemBytes(view, at);
      if (bytes === 0) return -1;
      const type = itemType(view, at);
      const isRecord = type === RecordType.set || type === RecordType.delete;
      if (isRecord && view.getUint32(at + previous.offset, true) === 0) visit(address);
      offset += bytes;
    }
    return offset;
  }

  /** The page of a file that has `offset`. */
  #coldPage(segment: Segment, offset: number): DataView {
    const { pageBytes } = this.#ring;
    const start = offset - (offset % pageBytes);
    const { segmentId } = segment;
    if (this.#page !== undefined && this.#pageOf.segmentId === segmentId && this.#pageOf.offset === start) {
      return this.#page;
    }
    const page = new Uint8Array(pageBytes);
    try {
      segment.file.read(page, start);
    } catch (error) {
      throw wrapFailure(segment.path, 'read', error);
    }
    this.#page = new DataView(page.buffer);
    this.#pageOf = { segmentId, offset: start };
    return this.#page;
  }

  #endOf(segment: Segment): number {
    const isActive = this.#control.get(Field.active) === segment.slot + 1;
    return isActive ? this.#control.get(Field.tail) : segment.bytes;
  }
}
