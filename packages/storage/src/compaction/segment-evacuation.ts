/**
 * Emptying one segment: its records are looked at in their order, and those that are the newest of their keys are
 * copied to the end of the log, or forgotten if they only say that there is nothing. What is copied takes the old
 * record's place in the index at once; the old one stays readable until the segment is removed.
 *
 * Bytes come a page at a time, and those from the file are checked before they are copied: damage is never given a new
 * checksum. Whoever calls has the turn; between two calls others write.
 */
import { CodedError } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { corrupt } from '../failure.ts';
import {
  decodeRecordHead,
  itemBytes,
  itemType,
  RECORD_HEADER_BYTES,
  recordKey,
  recordLayout,
  recordPointer,
  RecordType,
  type RecordHead,
} from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { KeyIndex } from '../index/key-index.ts';
import { addressOf } from '../log/address.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { RecordAppender } from '../record-appender.ts';
import type { Segment } from '../segment/segment.ts';
import { forgettableAt } from './compaction-policy.ts';
import { EvacuatedPage } from './evacuated-page.ts';

/** What has come of the records so far. */
export interface EvacuationCounts {
  recordsRelocated: number;
  bytesRelocated: number;
  keysDropped: number;
}

/** What may be forgotten at the moment. */
export interface Forgetting {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly tombstoneGraceMs: number;
  /** Nothing older is left in the log than the segment itself. */
  readonly isOldest: boolean;
  /** The lowest place in the commit order that a reader still sees the store at. */
  readonly keptFrom: number;
}

interface EvacuationParts {
  readonly control: ControlBlock;
  readonly index: KeyIndex;
  readonly appender: RecordAppender;
  readonly ring: PageRing;
}

/** Records that a step looks at, at most; about a millisecond of work. One that is copied counts as so many. */
const STEP_RECORDS = 4096;
const COPY_RECORDS = 4;
/** Records that are looked ahead at. */
const GROUP = 32;
/** Bringing a key back takes so many times as long as looking at a record. */
const RETURNING_SHARE = 8;

export class SegmentEvacuation {
  readonly segment: Segment;
  readonly counts: EvacuationCounts = { recordsRelocated: 0, bytesRelocated: 0, keysDropped: 0 };
  /** Ids of the values in files of their own that nothing refers to once the segment has gone. */
  readonly unneededValues: number[] = [];
  /** When the last of the deletions that were met and kept can be forgotten, as far as its age goes. */
  forgettableAt = 0;
  readonly #parts: EvacuationParts;
  /** That of `#offset`. */
  readonly #page: EvacuatedPage;
  #offset = SEGMENT_HEADER_BYTES;
  /** Records before `#offset`. */
  #seen = 0;
  /** Up to here the cells of the records' keys were looked at. */
  #warmedTo = 0;
  /** What was read only to have it closer; kept so that the reading is not thought to be of no use. */
  readonly #warmed = new Int32Array(1);
  /** Whether keys are still being brought back to the index: all of them, before anything is copied or dropped. */
  #isReturning = false;
  /** Times that writes were taken back: copies may have been among them, and their originals count again. */
  #revocationsSeen: number;

  constructor(segment: Segment, parts: EvacuationParts) {
    this.segment = segment;
    this.#parts = parts;
    this.#page = new EvacuatedPage(segment, parts.ring);
    this.#revocationsSeen = parts.control.get(Field.revocations);
  }

  get isDone(): boolean {
    return this.#offset >= this.segment.bytes;
  }

  /**
   * Goes on by up to `bytes` of the segment, or as many records as a turn is long enough for. Throws `STORAGE_CORRUPT` or
   * `STORAGE_IO` where a record that is needed cannot be read, and what appending throws; the segment keeps what was not
   * copied.
   */
  step(bytes: number, forgetting: Forgetting): void {
    const revocations = this.#parts.control.get(Field.revocations);
    if (revocations !== this.#revocationsSeen) {
      this.#revocationsSeen = revocations;
      this.#beginAgain();
      // Nor is it known any more which values nobody needs.
      this.unneededValues.length = 0;
    }
    this.#hold();
    const end = Math.min(
      this.segment.bytes,
      this.#offset + (this.#isReturning ? bytes / RETURNING_SHARE : bytes),
    );
    const copiedBefore = this.counts.recordsRelocated;
    for (let looked = 0; this.#offset < end; looked += 1) {
      const copied = this.counts.recordsRelocated - copiedBefore;
      if (looked + (COPY_RECORDS - 1) * copied >= STEP_RECORDS) break;
      this.#page.load(this.#offset);
      const { bytes: image, view, start } = this.#page;
      const at = this.#offset - start;
      if (this.#offset >= this.#warmedTo) this.#lookAhead(at);
      const length = itemBytes(view, at);
      if (length === 0 || at + length > image.length)
        throw this.#damage('lengths that contradict each other');
      const type = itemType(view, at);
      if (type === RecordType.set || type === RecordType.delete) {
        if (this.#isReturning) this.#return(at, length);
        else this.#settle(at, length, forgetting);
        this.#seen += 1;
      }
      this.#offset += length;
    }
    if (this.isDone) this.#requireAllSeen();
    if (this.#isReturning && this.isDone) this.#endReturning();
    if (this.#parts.control.get(Field.droppingKeys) === 1) this.#parts.control.set(Field.droppingKeys, 0);
  }

  #beginAgain(): void {
    this.#offset = SEGMENT_HEADER_BYTES;
    this.#seen = 0;
    this.#warmedTo = 0;
  }

  /** A flipped bit makes padding of a record, and no checksum is compared of what nobody needs. */
  #requireAllSeen(): void {
    const { recordCount } = this.segment;
    if (this.#seen !== recordCount) throw this.#damage(`${this.#seen} records in place of ${recordCount}`);
  }

  /** Brings the cells of the next records' keys closer to the processor: many at once wait no longer than one. */
  #lookAhead(from: number): void {
    const { view, bytes, start } = this.#page;
    let at = from;
    let warmed = 0;
    for (let count = 0; count < GROUP && at + RECORD_HEADER_BYTES <= bytes.length; count += 1) {
      const length = itemBytes(view, at);
      if (length === 0) break;
      warmed ^= this.#parts.index.warm(view.getInt32(at + recordLayout.fields.keyHash.offset, true));
      at += length;
    }
    this.#warmed[0] = warmed;
    this.#warmedTo = start + at;
  }

  /** Sees to it that all keys of the segment are in the index, and stay there. */
  #hold(): void {
    const { cold } = this.#parts.index;
    if (cold === undefined || cold.hold(this.segment)) {
      // Another thread may have brought the last of them back.
      if (this.#isReturning) this.#beginAgain();
      this.#isReturning = false;
    } else if (!this.#isReturning) {
      this.#isReturning = true;
      this.#beginAgain();
    }
  }

  #return(from: number, bytes: number): void {
    const head = decodeRecordHead(this.#page.view, from);
    if (head === undefined) throw this.#damage('lengths that contradict each other');
    const { index } = this.#parts;
    if (index.isNewest(head.keyHash, addressOf(this.segment.slot, this.#offset))) return;
    // Whether it is needed is not known before its key is.
    if (!this.#page.isSound(from, bytes)) throw this.#damage('another checksum');
    this.#orStay(() => index.find(this.#key(from, head)));
  }

  /** Runs a step that reads other records; where one of them cannot be read, this segment stays as well. */
  #orStay<Result>(step: () => Result): Result {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      throw new CodedError(error.code, error.message, {
        details: { ...error.details, path: this.segment.path },
        cause: error,
      });
    }
  }

  #endReturning(): void {
    this.#parts.index.cold!.endReturning(this.segment);
    this.#isReturning = false;
    this.#beginAgain();
  }

  #settle(from: number, bytes: number, forgetting: Forgetting): void {
    const head = decodeRecordHead(this.#page.view, from);
    if (head === undefined) throw this.#damage('lengths that contradict each other');
    const { index, appender } = this.#parts;
    const address = addressOf(this.segment.slot, this.#offset);
    if (!index.isNewest(head.keyHash, address)) {
      if (head.separated || index.isOrderKept) this.#settleReplaced(from, bytes, head, address);
      return;
    }
    if (!this.#page.isSound(from, bytes)) throw this.#damage('another checksum');
    const record = { image: this.#page.words, from, bytes, head, address };
    if (this.#isForgotten(head, forgetting)) {
      const { control } = this.#parts;
      if (control.get(Field.droppingKeys) === 0) control.set(Field.droppingKeys, 1);
      appender.drop(record);
      index.removeKey(this.#key(from, head));
      this.counts.keysDropped += 1;
      if (head.separated) this.#noteValue(from, head);
      return;
    }
    const isOver = this.#isOver(head, forgetting);
    const copy = isOver
      ? appender.relocateAsDelete(record, this.#key(from, head))
      : appender.relocate(record);
    if (isOver && head.separated) this.#noteValue(from, head);
    if (index.isOrderKept) index.repoint(this.#key(from, head), address, copy);
    this.counts.recordsRelocated += 1;
    this.counts.bytesRelocated += bytes;
  }

  /** What else speaks of a record that is not the newest of its key: its value, and the order of the keys. */
  #settleReplaced(from: number, bytes: number, head: RecordHead, address: number): void {
    const { index } = this.#parts;
    if (!this.#page.isSound(from, bytes)) {
      // Which key and which value it names cannot be believed. The value stays; the order is made anew when it is asked for.
      index.forgetOrder();
      return;
    }
    if (head.separated) this.#noteValue(from, head);
    if (!index.isOrderKept) return;
    this.#orStay(() => index.repointToNewest(this.#key(from, head), address));
  }

  /** Whether no reader, no older write that arrives late and no recovery can tell that the record ever was. */
  #isForgotten(head: RecordHead, { now, tombstoneGraceMs, isOldest, keptFrom }: Forgetting): boolean {
    const due = forgettableAt(head, tombstoneGraceMs);
    if (due === undefined) return false;
    if (due > now) {
      if (head.type === RecordType.delete) this.forgettableAt = Math.max(this.forgettableAt, due);
      return false;
    }
    // A reader of an older state goes by its own time, at which what has expired since may not have.
    return isOldest && (head.type === RecordType.delete ? keptFrom >= head.sequence : keptFrom === Infinity);
  }

  /** Whether nobody can ever see the record's value again, although somebody may have to know that the key is gone. */
  #isOver({ expiresAt }: RecordHead, { now, tombstoneGraceMs, keptFrom }: Forgetting): boolean {
    return expiresAt !== undefined && expiresAt + tombstoneGraceMs <= now && keptFrom === Infinity;
  }

  /** Of a record that is not needed. Its value may be that of a copy that is. */
  #noteValue(from: number, head: RecordHead): void {
    const { valueId } = recordPointer(this.#page.view, from, head);
    const isNeeded = this.#orStay(() => this.#parts.index.refersTo(this.#key(from, head), valueId));
    if (!isNeeded) this.unneededValues.push(valueId);
  }

  /** Borrowed until the page is another. */
  #key(from: number, head: RecordHead): Uint8Array {
    return recordKey(this.#page.bytes, from, head);
  }

  #damage(actual: string): Error {
    return corrupt(this.segment.path, this.#offset, 'a record that matches its checksum', actual);
  }
}
