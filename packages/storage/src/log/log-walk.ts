/**
 * Walking forward over what was appended since a place of the log, as long as it lies in memory: how this thread
 * learns of the keys that it and others have added.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { itemBytes, itemType, RecordType } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { addressOf } from './address.ts';
import type { PageRing } from './page-ring.ts';

/** A place in the log: bytes from the start of a segment. */
export interface LogPlace {
  readonly segmentId: number;
  readonly offset: number;
}

export class LogWalk {
  readonly #ring: PageRing;
  readonly #segments: SegmentTable;
  readonly #control: ControlBlock;

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

  /**
   * Calls `visit` with the address of each record behind `place`, in this thread's turn. False if it came upon what is
   * not in memory any more, or was never written; it may have visited some records then.
   */
  from(place: LogPlace, visit: (address: number) => void): boolean {
    for (const segment of this.#segments.inOrder) {
      if (segment.segmentId < place.segmentId) continue;
      const start = segment.segmentId === place.segmentId ? place.offset : SEGMENT_HEADER_BYTES;
      if (!this.#walk(segment, start, visit)) return false;
    }
    return true;
  }

  #walk(segment: Segment, start: number, visit: (address: number) => void): boolean {
    const { view } = this.#ring;
    const end = this.#endOf(segment);
    for (let offset = start; offset < end;) {
      const address = addressOf(segment.slot, offset);
      const at = this.#ring.find(address);
      const bytes = at < 0 ? 0 : itemBytes(view, at);
      if (bytes === 0) return false;
      const type = itemType(view, at);
      if (type === RecordType.set || type === RecordType.delete) visit(address);
      offset += bytes;
    }
    return true;
  }

  #endOf(segment: Segment): number {
    const isActive = this.#control.get(Field.active) === segment.slot + 1;
    return isActive ? this.#control.get(Field.tail) : segment.bytes;
  }
}
