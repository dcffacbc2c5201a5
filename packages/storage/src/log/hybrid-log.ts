/**
 * The log: records are appended to pages in memory, written out in commit groups and read back from wherever they
 * lie (the hybrid log of FASTER: one address, memory or disk). A record never moves and never changes.
 *
 * Groups. Everything appended since the last commit is the open group. `commit` closes it with a trailer and writes
 * it with one contiguous write per page; `durable` then adds one `fdatasync`. A group lies in one segment.
 *
 * Rotation. A segment is sealed durable, the next one is created durable, the manifest names it, and only then is
 * anything appended to it: whatever a segment holds, everything before it is on disk.
 */
import { assert } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { COMMIT_TRAILER_BYTES } from '../format/commit-trailer.ts';
import { SLOT_BYTES, UNIT_BYTES } from '../format/geometry.ts';
import { SegmentState } from '../format/manifest.ts';
import {
  encodePad,
  encodeRecord,
  itemType,
  markRelocated,
  RecordType,
  recordBytes,
  type RecordHead,
  type ValuePointer,
} from '../format/record.ts';
import { syncFile } from '../fs/checked-io.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { addressOf, offsetOf, slotOf } from './address.ts';
import { ENDING_BYTES, requireBatchFits } from './batch-limit.ts';
import { closedGroupOf, stageClosing, stageEmptyGroup } from './closed-group.ts';
import { groupEnd, type ClosedGroup } from './group-writer.ts';
import { copyWords } from './copy-words.ts';
import { endBehind, offsetBehind } from './padding.ts';
import { stageLaidRecord } from './record-staging.ts';
import { recordsBetween, zeroBetween } from './unwritten-records.ts';
import type { PageRing } from './page-ring.ts';

/** What the log needs of its owner. */
export interface LogOwner {
  /** Creates the next segment, durable and named by a durable manifest. */
  createSegment(): Segment;
  /** Waits until nobody else is writing the closed group, if there is one. Throws what its writing threw. */
  finishWriting(): void;
  /** Writes a closed group with all that its records point to, and returns the chain value after it. */
  write(segment: Segment, group: ClosedGroup): number;
  /** Writes what a sealed segment has behind its groups, durably. */
  writeEnding(segment: Segment): void;
  /** Whether records are being written again that recovery found; their groups say so. */
  isRewriting(): boolean;
  /** The place in the commit order that a copy of an older record is laid down at. */
  relocationPlace(): number;
  /** More of the log is durable than before. */
  tellDurable(): void;
}

export class HybridLog {
  readonly #ring: PageRing;
  readonly #segments: SegmentTable;
  readonly #control: ControlBlock;
  readonly #segmentBytesMax: number;
  readonly #owner: LogOwner;

  constructor(
    parts: { readonly ring: PageRing; readonly segments: SegmentTable; readonly control: ControlBlock },
    segmentBytesMax: number,
    owner: LogOwner,
  ) {
    this.#ring = parts.ring;
    this.#segments = parts.segments;
    this.#control = parts.control;
    this.#segmentBytesMax = segmentBytesMax;
    this.#owner = owner;
  }

  /** Bytes that are appended and not known to be written. */
  get openBytes(): number {
    const { active } = this.#segments;
    return active === undefined ? 0 : this.tail - active.bytes;
  }

  /** Whether anything is written or appended that is not durable. */
  get isDirty(): boolean {
    const { active } = this.#segments;
    return active !== undefined && this.tail > active.durableBytes;
  }

  /** Where the next record goes in the active segment, or behind the padding before it. */
  get tail(): number {
    return this.#control.get(Field.tail);
  }

  /** Whether the last page of a segment that is to be continued is in memory, or the next one is still to be begun. */
  canContinue({ slot, bytes }: Segment): boolean {
    return bytes % this.#ring.pageBytes === 0 || this.#ring.find(addressOf(slot, bytes)) >= 0;
  }

  /** Continues a segment whose bytes are all durable, and that {@link canContinue} is true of. */
  continueSegment(segment: Segment): void {
    assert(this.#segments.active === undefined, 'one segment is active');
    assert(segment.durableBytes === segment.bytes, 'only a proven segment is continued');
    assert(this.canContinue(segment), 'the last page is in memory');
    this.#activate(segment);
  }

  /**
   * Makes sure that records of the given sizes fit into the active segment together, in this order, and that their
   * pages are in memory; seals the segment and begins the next one if need be. Throws what commit and creation
   * throw, with nothing appended.
   */
  reserve(sizes: readonly number[]): void {
    requireBatchFits(sizes, this.#ring);
    const { pageBytes } = this.#ring;
    const end = endBehind(this.tail, sizes, pageBytes) + ENDING_BYTES;
    if (
      this.#segments.active !== undefined &&
      end > this.#segmentBytesMax &&
      this.tail > SEGMENT_HEADER_BYTES
    ) {
      this.seal();
    }
    if (this.#segments.active === undefined) this.#activate(this.#owner.createSegment());
    this.#enterThrough(offsetBehind(endBehind(this.tail, sizes, pageBytes), COMMIT_TRAILER_BYTES, pageBytes));
  }

  /** As {@link reserve} for a single record. */
  reserveOne(bytes: number): void {
    const { tail } = this;
    const { pageBytes } = this.#ring;
    const left = pageBytes - (tail % pageBytes);
    // Most records fit the page that is in memory, their trailer with them.
    if (
      bytes + COMMIT_TRAILER_BYTES < left &&
      tail + bytes + ENDING_BYTES <= this.#segmentBytesMax &&
      tail % pageBytes !== 0 &&
      this.#control.get(Field.active) !== 0
    ) {
      return;
    }
    this.reserve([bytes]);
  }

  /**
   * Lays a record for which there is room behind the tail and stages what makes it part of the log; it is when the
   * control block is published. Returns its address.
   */
  stage(head: RecordHead, key: Uint8Array, value: Uint8Array | ValuePointer | undefined): number {
    const active = this.#control.get(Field.active);
    assert(active !== 0, 'room was reserved');
    const bytes = recordBytes(head.keyBytes, head.valueBytes, head.expiresAt !== undefined, head.separated);
    const offset = this.#place(active - 1, bytes);
    const address = addressOf(active - 1, offset);
    encodeRecord(this.#ring.bytes, this.#ring.view, this.#ring.at(address), head, key, value);
    const place = head.relocated === true ? this.#owner.relocationPlace() : head.sequence;
    assert(place >= this.#control.get(Field.groupFirstSequence), 'sequences grow along the log');
    stageLaidRecord(this.#control, { offset, bytes, isDelete: head.type === RecordType.delete, place });
    return address;
  }

  /**
   * As {@link stage}, for a copy of the record of `bytes` bytes at byte `from` of `image`, which lies at `address` of
   * the log until now.
   */
  stageCopy(image: Int32Array, from: number, bytes: number, address: number): number {
    const active = this.#control.get(Field.active);
    assert(active !== 0, 'room was reserved');
    const offset = this.#place(active - 1, bytes);
    const copy = addressOf(active - 1, offset);
    const at = this.#ring.at(copy);
    copyWords(image, from / 4, this.#ring.words, at / 4, bytes / 4);
    markRelocated(this.#ring.view, at, address);
    const isDelete = itemType(this.#ring.view, at) === RecordType.delete;
    stageLaidRecord(this.#control, { offset, bytes, isDelete, place: this.#owner.relocationPlace() });
    return copy;
  }

  /**
   * Writes the open group to the file, and makes it durable if asked. Idempotent. Throws
   * `STORAGE_NO_SPACE`: the group is still open; `STORAGE_IO`: nothing is known about its bytes.
   */
  commit(durable: boolean): void {
    const segment = this.#segments.active;
    if (segment === undefined) return;
    this.#owner.finishWriting();
    for (let group = this.closed ?? this.closeGroup(); group !== undefined; group = this.closeGroup()) {
      this.finishGroup(group, this.#owner.write(segment, group));
    }
    if (durable && segment.durableBytes < segment.bytes) {
      syncFile(segment.writableFile);
      this.finishSync();
    }
  }

  /** The group that is closed and not known to be written. */
  get closed(): ClosedGroup | undefined {
    const segment = this.#segments.active;
    return segment === undefined
      ? undefined
      : closedGroupOf(this.#control, segment, this.#owner.isRewriting());
  }

  /**
   * Closes the open group, whose records are complete, for somebody to write; `undefined` if it has none. The next
   * record begins the next group. One closed group at a time is unfinished.
   */
  closeGroup(): ClosedGroup | undefined {
    const segment = this.#segments.active;
    const control = this.#control;
    if (segment === undefined || control.get(Field.groupRecords) === 0) return undefined;
    assert(control.get(Field.closedTrailer) === 0, 'one group is written at a time');
    const trailerOffset = this.#place(segment.slot, COMMIT_TRAILER_BYTES);
    // Whoever walks the log before the trailer is written finds something of its size.
    const trailerAt = this.#ring.at(addressOf(segment.slot, trailerOffset));
    encodePad(this.#ring.view, trailerAt, COMMIT_TRAILER_BYTES);
    stageClosing(control, segment, trailerOffset);
    control.publish();
    return this.closed;
  }

  /** A closed group is written; `chain` is the chain value after it. Doing it twice does no harm. */
  finishGroup(group: ClosedGroup, chain: number): void {
    const segment = this.#segments.active;
    assert(
      segment !== undefined && group.slot === segment.slot,
      'the closed group is the one that was written',
    );
    if (segment.bytes < groupEnd(group)) {
      segment.extend({
        bytes: groupEnd(group),
        chain,
        lastSequence: group.lastSequence,
        recordCount: segment.recordCount + group.recordCount,
        deleteCount: segment.deleteCount + group.deleteCount,
      });
    }
    const control = this.#control;
    control.stage(Field.closedTrailer, 0);
    control.stage(Field.writtenSequence, Math.max(control.get(Field.writtenSequence), group.lastSequence));
    control.stage(Field.commits, control.get(Field.commits) + 1);
    control.publish();
  }

  /** What is written of the active segment is durable. */
  finishSync(): void {
    const segment = this.#segments.active;
    assert(segment !== undefined, 'a sync is of the active segment');
    const control = this.#control;
    // In this order: who is cut off in between syncs once more.
    control.set(Field.durableSequence, Math.max(control.get(Field.durableSequence), segment.lastSequence));
    segment.markDurable();
    this.#owner.tellDurable();
  }

  /** Ends the active segment: everything durable, sections and footer behind it. The next append begins another segment. */
  seal(): void {
    const segment = this.#segments.active;
    if (segment === undefined) return;
    this.commit(true);
    this.#owner.writeEnding(segment);
    segment.end(SegmentState.sealed);
    this.#control.set(Field.active, 0);
  }

  /** Addresses of the records that are not known to be written, from byte `start` of the active segment on. */
  unwritten(start = 0): number[] {
    const segment = this.#segments.active;
    if (segment === undefined) return [];
    return recordsBetween(this.#ring, segment.slot, Math.max(start, segment.bytes), this.tail);
  }

  /**
   * Takes back the last records of the open group, which nobody points to any more: what was appended since the tail
   * was at `tail` and the commit order at `lastSequence`. Published with whatever else is staged.
   */
  rewind(tail: number, lastSequence: number): void {
    const segment = this.#segments.active;
    assert(segment !== undefined && tail >= segment.bytes, 'nothing was written since');
    const control = this.#control;
    const end = this.tail;
    let records = control.get(Field.groupRecords);
    let deletes = control.get(Field.groupDeletes);
    for (const address of this.unwritten(tail)) {
      records -= 1;
      if (itemType(this.#ring.view, this.#ring.at(address)) === RecordType.delete) deletes -= 1;
    }
    control.stage(Field.groupRecords, records);
    control.stage(Field.groupDeletes, deletes);
    control.stage(Field.groupLastSequence, lastSequence);
    control.stage(Field.tail, tail);
    control.stage(Field.lastRecord, 0);
    control.publish();
    zeroBetween(this.#ring, segment.slot, tail, end);
  }

  /**
   * Gives up the open group, and the segment behind its last committed group: what the failed write left in the file
   * never belongs to the log. The committed part is made durable first. A segment without any is emptied and goes on,
   * for a device that stays full must not use up segments. Throws `STORAGE_IO`.
   */
  abandonGroup(): void {
    const segment = this.#segments.active;
    if (segment === undefined) return;
    const control = this.#control;
    const isEmpty = segment.bytes === SEGMENT_HEADER_BYTES;
    const end = this.tail;
    control.stage(Field.tail, segment.bytes);
    control.stage(Field.lastRecord, 0);
    control.stage(Field.closedTrailer, 0);
    control.stage(Field.takingBack, 0);
    stageEmptyGroup(control);
    control.publish();
    if (isEmpty) {
      zeroBetween(this.#ring, segment.slot, segment.bytes, end);
      segment.writableFile.truncate(segment.bytes);
    }
    syncFile(segment.writableFile);
    this.finishSync();
    if (isEmpty) return;
    segment.end(SegmentState.cut);
    control.set(Field.active, 0);
  }

  /** Makes good what a thread that died in the middle of an append has left: nothing lies behind the tail. */
  repair(): void {
    const segment = this.#segments.active;
    if (segment === undefined) return;
    if (segment.state !== SegmentState.active) {
      this.#control.set(Field.active, 0);
      return;
    }
    const { pageBytes } = this.#ring;
    // It may have begun the segment, and not brought in its page; or taken over a group, and not said that it did.
    if (this.tail % pageBytes !== 0) this.#enterThrough(this.tail);
    const group = this.closed;
    // An ending that it had begun to write is behind everything that belongs to the log or is on its way to the file.
    const end = group === undefined ? segment.bytes : groupEnd(group);
    if (segment.writableFile.size() > end) segment.writableFile.truncate(end);
    if (group !== undefined && segment.bytes >= groupEnd(group)) this.finishGroup(group, segment.chain);
    for (let offset = this.tail; offset < SLOT_BYTES; offset += pageBytes - (offset % pageBytes)) {
      const address = addressOf(segment.slot, offset);
      if (this.#ring.find(address) < 0) break;
      zeroBetween(this.#ring, segment.slot, offset, offset + pageBytes - (offset % pageBytes));
    }
  }

  #activate(segment: Segment): void {
    const control = this.#control;
    control.stage(Field.active, segment.slot + 1);
    control.stage(Field.tail, segment.bytes);
    control.stage(Field.lastRecord, 0);
    stageEmptyGroup(control);
    control.publish();
  }

  /** The offset behind the tail where `bytes` go: in the next page, behind padding, if they would cross its end. */
  #place(slot: number, bytes: number): number {
    const { tail } = this;
    const offset = offsetBehind(tail, bytes, this.#ring.pageBytes);
    assert(offset + bytes <= SLOT_BYTES, 'a segment fits its slot');
    if (offset !== tail) encodePad(this.#ring.view, this.#ring.at(addressOf(slot, tail)), offset - tail);
    return offset;
  }

  /** Brings the pages from the tail up to `offset` of the active segment into memory. */
  #enterThrough(offset: number): void {
    const segment = this.#segments.active;
    assert(segment !== undefined, 'pages are of the active segment');
    const { pageBytes } = this.#ring;
    for (let page = this.tail - (this.tail % pageBytes); page <= offset; page += pageBytes) {
      this.#enter(addressOf(segment.slot, Math.max(page, UNIT_BYTES)));
    }
  }

  /** Brings a page into memory; where all frames are taken, writes the open group and lets old pages go. */
  #enter(address: number): void {
    if (this.#ring.find(address) >= 0) return;
    if (this.#ring.freeFrames === 0) this.#evict();
    if (this.#ring.freeFrames === 0) {
      this.commit(false);
      this.#evict();
    }
    this.#ring.enter(address);
  }

  #evict(): void {
    const { active } = this.#segments;
    this.#ring.evict(1, (pageAddress) => {
      if (active === undefined || slotOf(pageAddress) !== active.slot) return true;
      return offsetOf(pageAddress) + this.#ring.pageBytes <= active.bytes;
    });
  }
}
