/**
 * A place in the log that moves forward over what is durable, part of a page at a time. What is in memory is copied in
 * a turn, which takes some ten microseconds; what has left it is read from its file after the turn.
 *
 * Durable means that no crash and no want of room can take it back. It ends with a whole group, so never inside a batch.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { corrupt, wrapFailure } from '../failure.ts';
import { itemBytes } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { addressOf } from '../log/address.ts';
import type { LogPlace } from '../log/log-walk.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';

/** What is looked at together. */
const SLICE_BYTES = 256 * 1024;

/** What the cursors of a thread have in common. */
export interface CursorParts {
  readonly ring: PageRing;
  readonly segments: SegmentTable;
  readonly control: { readonly block: ControlBlock };
  /** A buffer for a page, and a view of it; of use until another cursor takes a slice. */
  readonly image: Uint8Array;
  readonly view: DataView;
  inTurn<Result>(step: () => Result): Result;
}

/** What lies in the image: `bytes` of a segment from `offset` on. They may end in the middle of an item, not of the first. */
export interface LogSlice {
  readonly segment: Segment;
  readonly offset: number;
  readonly bytes: number;
  /** Whether it came from a file, and is to be checked. */
  readonly isCold: boolean;
}

export class LogCursor {
  readonly #parts: CursorParts;
  #place: LogPlace;
  /** The last write of the segments that were passed over as a whole. */
  #passedSequence = 0;

  constructor(parts: CursorParts, place: LogPlace) {
    this.#parts = parts;
    this.#place = place;
  }

  /** The end of what is durable, in this thread's turn. */
  static end({ segments }: Pick<CursorParts, 'segments'>): LogPlace {
    const { last } = segments;
    if (last === undefined) return { segmentId: 0, offset: 0 };
    return { segmentId: last.segmentId, offset: last.durableBytes };
  }

  /**
   * Brings what comes next into the image; undefined at the end of what is durable. `requireHistory` is called in the
   * turn and throws where the log has lost what should come next; `since` is a place of the commit order that the
   * caller has seen everything up to. Throws `STORAGE_CORRUPT`, `STORAGE_IO`, `STORAGE_BUSY`.
   */
  take(since: number, requireHistory: () => void, onEnd: (reached: number) => void): LogSlice | undefined {
    for (;;) {
      const slice = this.#parts.inTurn(() => {
        requireHistory();
        const found = this.#find(since);
        if (found === undefined) onEnd(this.#reached());
        return found;
      });
      if (slice?.isCold !== true) return slice;
      const read = this.#read(slice);
      if (read !== undefined) return read;
      // Compaction has taken the segment away meanwhile; the next turn tells whether that matters.
    }
  }

  /** Goes on behind the first `bytes` bytes of a slice. */
  pass(slice: LogSlice, bytes: number): void {
    this.#place = { segmentId: slice.segment.segmentId, offset: slice.offset + bytes };
  }

  #find(since: number): FoundSlice | undefined {
    for (const segment of this.#parts.segments.inLog) {
      const { segmentId } = segment;
      if (segmentId < this.#place.segmentId) continue;
      const isBegun = segmentId === this.#place.segmentId;
      const offset = isBegun ? this.#place.offset : SEGMENT_HEADER_BYTES;
      const end = segment.durableBytes;
      if (offset >= end) continue;
      // Of a segment that is whole and has nothing new, nothing need be looked at.
      if (!isBegun && segment.lastSequence <= since && segment.durableBytes === segment.bytes) {
        this.#place = { segmentId, offset: end };
        this.#passedSequence = segment.lastSequence;
        continue;
      }
      return this.#slice(segment, offset, end);
    }
    return undefined;
  }

  #slice(segment: Segment, offset: number, end: number): FoundSlice {
    const { ring, image } = this.#parts;
    const pageEnd = offset - (offset % ring.pageBytes) + ring.pageBytes;
    const bytesMax = Math.min(pageEnd, end) - offset;
    const at = ring.find(addressOf(segment.slot, offset));
    if (at < 0) return { segment, offset, bytes: Math.min(bytesMax, SLICE_BYTES), bytesMax, isCold: true };
    const bytes = Math.min(bytesMax, Math.max(SLICE_BYTES, itemBytes(ring.view, at)));
    image.set(ring.bytes.subarray(at, at + bytes), 0);
    return { segment, offset, bytes, bytesMax, isCold: false };
  }

  /** The last place of the commit order that lies before the end of what is durable, as far as that is certain. */
  #reached(): number {
    const { last } = this.#parts.segments;
    const isCertain = last !== undefined && last.durableBytes === last.bytes;
    return Math.max(this.#passedSequence, isCertain ? last.lastSequence : 0);
  }

  /** Fills the image from the file, with the first item whole; undefined if the segment has gone. */
  #read(slice: FoundSlice): LogSlice | undefined {
    const { image, view } = this.#parts;
    const { segment, offset, bytes, bytesMax } = slice;
    const readUpTo = (count: number): void => {
      const read = segment.file.read(image.subarray(0, count), offset);
      if (read < count)
        throw corrupt(segment.path, offset, `${count} bytes of the log`, 'the end of the file');
    };
    try {
      readUpTo(bytes);
      const whole = Math.min(bytesMax, Math.max(bytes, itemBytes(view, 0)));
      if (whole > bytes) readUpTo(whole);
      return segment.isPresent ? { ...slice, bytes: whole } : undefined;
    } catch (error) {
      if (!segment.isPresent) return undefined;
      throw wrapFailure(segment.path, 'read', error);
    }
  }
}

interface FoundSlice extends LogSlice {
  /** Up to the end of the page, or of what is durable. */
  readonly bytesMax: number;
}
