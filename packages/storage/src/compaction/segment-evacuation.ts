/**
 * Emptying one segment: its records are looked at in their order, and those that are the newest of their keys are
 * copied to the end of the log, or forgotten if they only say that there is nothing. What is copied takes the old
 * record's place in the index at once; the old one stays readable until the segment is removed.
 *
 * Bytes come from the file, a page at a time, and are checked before they are copied: damage is never given a new
 * checksum. Whoever calls has the turn; between two calls others write.
 */
import { assert } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { corrupt, wrapFailure } from '../failure.ts';
import {
  checkRecord,
  decodeRecordHead,
  itemBytes,
  itemType,
  recordKey,
  recordPointer,
  RecordType,
  type RecordHead,
} from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { KeyIndex } from '../index/key-index.ts';
import { addressOf } from '../log/address.ts';
import type { RecordAppender } from '../record-appender.ts';
import type { Segment } from '../segment/segment.ts';
import { forgettableAt } from './compaction-policy.ts';

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
  readonly pageBytes: number;
}

export class SegmentEvacuation {
  readonly segment: Segment;
  readonly counts: EvacuationCounts = { recordsRelocated: 0, bytesRelocated: 0, keysDropped: 0 };
  /** Ids of the values in files of their own that nothing refers to once the segment has gone. */
  readonly unneededValues: number[] = [];
  /** When the last of the deletions that were met and kept can be forgotten, as far as its age goes. */
  forgettableAt = 0;
  readonly #parts: EvacuationParts;
  /** The page that `#offset` lies in. */
  readonly #image: Uint8Array;
  readonly #view: DataView;
  #imageStart = -1;
  #offset = SEGMENT_HEADER_BYTES;
  /** Times that writes were taken back: copies may have been among them, and their originals count again. */
  #revocationsSeen: number;

  constructor(segment: Segment, parts: EvacuationParts) {
    this.segment = segment;
    this.#parts = parts;
    this.#image = new Uint8Array(parts.pageBytes);
    this.#view = new DataView(this.#image.buffer);
    this.#revocationsSeen = parts.control.get(Field.revocations);
  }

  get isDone(): boolean {
    return this.#offset >= this.segment.bytes;
  }

  /**
   * Goes on by up to `bytes` of the segment. Throws `STORAGE_CORRUPT` or `STORAGE_IO` where a record that is needed
   * cannot be read, and what appending throws; the segment keeps what was not copied.
   */
  step(bytes: number, forgetting: Forgetting): void {
    const revocations = this.#parts.control.get(Field.revocations);
    if (revocations !== this.#revocationsSeen) {
      this.#revocationsSeen = revocations;
      this.#offset = SEGMENT_HEADER_BYTES;
    }
    const end = Math.min(this.segment.bytes, this.#offset + bytes);
    while (this.#offset < end) {
      this.#load();
      const at = this.#offset - this.#imageStart;
      const length = itemBytes(this.#view, at);
      if (length === 0 || at + length > this.#image.length)
        throw this.#damage('lengths that contradict each other');
      const type = itemType(this.#view, at);
      if (type === RecordType.set || type === RecordType.delete) this.#settle(at, length, forgetting);
      this.#offset += length;
    }
    if (this.#parts.control.get(Field.droppingKeys) === 1) this.#parts.control.set(Field.droppingKeys, 0);
  }

  #settle(from: number, bytes: number, forgetting: Forgetting): void {
    const head = decodeRecordHead(this.#view, from);
    if (head === undefined) throw this.#damage('lengths that contradict each other');
    const { index, appender } = this.#parts;
    const address = addressOf(this.segment.slot, this.#offset);
    if (!index.isNewest(head.keyHash, address)) {
      if (head.separated) this.#noteValue(from, head);
      if (index.isOrderKept) index.repointToNewest(recordKey(this.#image, from, head), address);
      return;
    }
    if (!checkRecord(this.#image, this.#view, bytes, this.segment.seed, this.#offset, from)) {
      throw this.#damage('another checksum');
    }
    const record = { image: this.#image, from, bytes, head, address };
    if (this.#isForgotten(head, forgetting)) {
      const { control } = this.#parts;
      if (control.get(Field.droppingKeys) === 0) control.set(Field.droppingKeys, 1);
      appender.drop(record);
      index.removeKey(recordKey(this.#image, from, head));
      this.counts.keysDropped += 1;
      if (head.separated) this.#noteValue(from, head);
      return;
    }
    const isOver = this.#isOver(head, forgetting);
    const key = recordKey(this.#image, from, head);
    const copy = isOver ? appender.relocateAsDelete(record, key) : appender.relocate(record);
    if (isOver && head.separated) this.#noteValue(from, head);
    index.repoint(key, address, copy);
    this.counts.recordsRelocated += 1;
    this.counts.bytesRelocated += bytes;
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
    const { valueId } = recordPointer(this.#view, from, head);
    const key = recordKey(this.#image, from, head);
    if (!this.#parts.index.refersTo(key, valueId)) this.unneededValues.push(valueId);
  }

  /** Reads the page of the offset, as far as it belongs to the log. */
  #load(): void {
    const { pageBytes } = this.#parts;
    const start = this.#offset - (this.#offset % pageBytes);
    if (start === this.#imageStart) return;
    const { segment } = this;
    const wanted = Math.min(pageBytes, segment.bytes - start);
    assert(wanted > 0, 'there is more of the segment');
    this.#image.fill(0, wanted);
    try {
      const read = segment.file.read(this.#image.subarray(0, wanted), start);
      if (read < wanted) throw this.#damage('the end of the file');
    } catch (error) {
      throw wrapFailure(segment.path, 'read', error);
    }
    this.#imageStart = start;
  }

  #damage(actual: string): Error {
    return corrupt(this.segment.path, this.#offset, 'a record that matches its checksum', actual);
  }
}
