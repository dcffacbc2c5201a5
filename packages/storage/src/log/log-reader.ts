/**
 * Reads records by address: from the page in memory, else from the file, verified by checksum. The reader is a
 * cursor: after `open`, and after a `matches` that held, it stands on a record and its fields can be asked for.
 *
 * Another thread may let the page go meanwhile. What was read is true if `isIntact` says so afterwards; a thread
 * that keeps others from writing need not ask.
 */
import { assert } from '@htkv/base';

import { corrupt, wrapFailure } from '../failure.ts';
import {
  checkRecord,
  decodeRecordHead,
  getUint64,
  inlineValueOffset,
  itemBytes,
  RECORD_HEADER_BYTES,
  RecordFlag,
  recordKey,
  recordLayout,
  recordPointer,
  RecordType,
  recordValue,
  type RecordHead,
  type ValuePointer,
} from '../format/record.ts';
import type { KeyMatcher } from '../index/hash-index.ts';
import { countedRecord, type CountedRecord } from '../index/key-census.ts';
import type { LeafKeys } from '../index/radix-tree/leaf-keys.ts';
import type { SoughtKey } from '../index/sought-key.ts';
import type { Segment } from '../segment/segment.ts';
import type { StoredHead } from '../stored-record.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { offsetOf, slotOf } from './address.ts';
import type { PageRing } from './page-ring.ts';

/** Read with the first access to a record on disk; most records need no second one. */
const FIRST_READ_BYTES = 512;

const { keyBytes, keyHash, previous, sequence, timestamp, valueBytes, version } = recordLayout.fields;

export class LogReader implements KeyMatcher, LeafKeys {
  readonly #segments: SegmentTable;
  readonly #ring: PageRing;
  readonly #sought: SoughtKey;
  /** The image that the cursor stands in, and where. */
  #bytes: Uint8Array;
  #words: Int32Array;
  #view: DataView;
  #at = 0;
  /** 0 while the cursor stands in the cold image. */
  #residentAddress = 0;
  /** Pages that had left memory when the cursor came to the record. */
  #departures = 0;
  /** Whether the record that was sought is in no file any more: compaction has copied it, or nobody needs it. */
  #isGone = false;
  #cold = new ColdImage(FIRST_READ_BYTES);
  /** Reads that went to a file. */
  coldReads = 0;

  constructor(segments: SegmentTable, ring: PageRing, sought: SoughtKey) {
    this.#segments = segments;
    this.#ring = ring;
    this.#sought = sought;
    this.#bytes = ring.bytes;
    this.#words = ring.words;
    this.#view = ring.view;
  }

  /** Moves to the record at `address`. Throws `STORAGE_CORRUPT` or `STORAGE_IO`. O(record) from disk, else O(1). */
  open(address: number): void {
    const { departures } = this.#ring;
    const at = this.#ring.find(address);
    if (at < 0) {
      this.#openCold(address);
      return;
    }
    this.#bytes = this.#ring.bytes;
    this.#words = this.#ring.words;
    this.#view = this.#ring.view;
    this.#at = at;
    this.#residentAddress = address;
    this.#departures = departures;
    this.#isGone = false;
  }

  /** Whether everything that was read of the record since {@link open} was the record. */
  get isIntact(): boolean {
    if (this.#isGone) return false;
    return this.#residentAddress === 0 || this.#ring.isAt(this.#residentAddress, this.#at, this.#departures);
  }

  /**
   * Whether the record at `address` holds the sought key; moves there. Of one that is gone it says so, and whoever
   * asks {@link isIntact} afterwards looks again. Throws as {@link open} does.
   */
  matches(address: number): boolean {
    for (;;) {
      this.open(address);
      if (this.#isGone) return true;
      const isEqual = this.#holdsSoughtKey();
      if (this.isIntact) return isEqual;
    }
  }

  #holdsSoughtKey(): boolean {
    const words = this.#words;
    const sought = this.#sought;
    const at = this.#at >>> 2;
    if (words[at + (keyHash.offset >>> 2)] !== sought.hash) return false;
    if ((words[at + (keyBytes.offset >>> 2)]! & 0xffff) !== sought.bytes) return false;
    const expires = ((words[at]! >>> 24) & RecordFlag.expires) !== 0;
    const key = at + (RECORD_HEADER_BYTES >>> 2) + (expires ? 2 : 0);
    for (let index = 0; index < sought.wordCount; index += 1) {
      if (words[key + index] !== sought.words[index]) return false;
    }
    return true;
  }

  /** Everything about the record but its bytes; undefined if it is not intact. Throws as {@link head} does. */
  tryHead(): RecordHead | undefined {
    const head = decodeRecordHead(this.#view, this.#at);
    if (!this.isIntact) return undefined;
    if (head === undefined) {
      throw corrupt('a page in memory', this.#at, 'a record', 'lengths that contradict each other');
    }
    return head;
  }

  /** As {@link tryHead}, where nobody lets pages go. Throws `STORAGE_CORRUPT` if its lengths contradict each other. */
  head(): RecordHead {
    const head = this.tryHead();
    assert(head !== undefined, 'nobody lets the page of the record go');
    return head;
  }

  /** As {@link head}, the part that those see who do not know the log. */
  storedHead(): StoredHead {
    const view = this.#view;
    const at = this.#at;
    const isDelete = this.isDelete;
    return {
      deleted: isDelete,
      version: getUint64(view, at + version.offset),
      timestamp: getUint64(view, at + timestamp.offset),
      expiresAt: isDelete ? undefined : this.expiresAt,
      sequence: getUint64(view, at + sequence.offset),
    };
  }

  /** Bytes that the record takes in the log. */
  get bytes(): number {
    return itemBytes(this.#view, this.#at);
  }

  /** Address of the version that the record replaces, 0 for none. */
  get previous(): number {
    return this.#view.getUint32(this.#at + previous.offset, true);
  }

  get sequence(): number {
    return getUint64(this.#view, this.#at + sequence.offset);
  }

  /** What counting needs to know of the record. */
  get counted(): CountedRecord {
    return countedRecord(this.isDelete, this.expiresAt);
  }

  get isDelete(): boolean {
    return this.#view.getUint8(this.#at + 2) === RecordType.delete;
  }

  /** Whether the value lies in a file of its own. */
  get isSeparated(): boolean {
    return (this.#view.getUint8(this.#at + 3) & RecordFlag.separated) !== 0;
  }

  /** Milliseconds since the epoch; undefined for a record without a deadline. */
  get expiresAt(): number | undefined {
    if ((this.#view.getUint8(this.#at + 3) & RecordFlag.expires) === 0) return undefined;
    const at = this.#at + RECORD_HEADER_BYTES;
    // Only in a page that was let go can the flag stand where no deadline follows.
    if (at + 8 > this.#view.byteLength) return undefined;
    return getUint64(this.#view, at);
  }

  /** The memory that the cursor stands in; borrowed as {@link key} is. */
  get image(): Uint8Array {
    return this.#bytes;
  }

  /** Where the key of the record begins in {@link image}. */
  get keyStart(): number {
    const expires = (this.#view.getUint8(this.#at + 3) & RecordFlag.expires) !== 0;
    return this.#at + RECORD_HEADER_BYTES + (expires ? 8 : 0);
  }

  get keyLength(): number {
    return this.#view.getUint16(this.#at + keyBytes.offset, true);
  }

  /** Hash of the key, signed as the index has it. */
  get keyHash(): number {
    return this.#view.getInt32(this.#at + keyHash.offset, true);
  }

  /** The key, owned by the caller. */
  copyKey(): Uint8Array {
    const { keyStart } = this;
    return this.#bytes.slice(keyStart, keyStart + this.keyLength);
  }

  /** The inline value, owned by the caller; as {@link copyValue}, without a head. */
  copyInlineValue(): Uint8Array {
    const start = inlineValueOffset(this.#view, this.#at);
    return this.#bytes.slice(start, start + this.#view.getUint32(this.#at + valueBytes.offset, true));
  }

  /** Copies the inline value to `offset` of `target` if there is room for it; its length, whether or not there was. */
  copyInlineValueInto(target: Uint8Array, offset: number): number {
    const start = inlineValueOffset(this.#view, this.#at);
    const length = this.#view.getUint32(this.#at + valueBytes.offset, true);
    if (length <= target.length - offset) target.set(this.#bytes.subarray(start, start + length), offset);
    return length;
  }

  /** Borrowed until the cursor moves or the log goes on. */
  key(head: RecordHead): Uint8Array {
    return recordKey(this.#bytes, this.#at, head);
  }

  /** The inline value, owned by the caller. */
  copyValue(head: RecordHead): Uint8Array {
    return recordValue(this.#bytes, this.#at, head).slice();
  }

  pointer(head: RecordHead): ValuePointer {
    return recordPointer(this.#view, this.#at, head);
  }

  #openCold(address: number): void {
    this.coldReads += 1;
    const offset = offsetOf(address);
    const segment = this.#segments.find(slotOf(address));
    this.#isGone = segment === undefined;
    if (segment === undefined) return;
    try {
      this.#readRecord(segment, offset);
    } catch (error) {
      // What was removed meanwhile is not damaged.
      if (segment.isPresent) throw error;
    }
    this.#isGone = !segment.isPresent;
  }

  #readRecord(segment: Segment, offset: number): void {
    const pageEnd = offset - (offset % this.#ring.pageBytes) + this.#ring.pageBytes;
    const damaged = (actual: string): Error =>
      corrupt(segment.path, offset, 'a record that matches its checksum', actual);
    const length = this.#readCold(segment, offset, pageEnd, damaged);
    const { bytes, view } = this.#cold;
    if (!checkRecord(bytes, view, length, segment.seed, offset)) throw damaged('another checksum');
    if (decodeRecordHead(view, 0) === undefined) throw damaged('lengths that contradict each other');
    this.#bytes = bytes;
    this.#words = this.#cold.words;
    this.#view = view;
    this.#at = 0;
    this.#residentAddress = 0;
  }

  /** Reads the record at `offset` into the cold image and returns its length in bytes, which is possible. */
  #readCold(segment: Segment, offset: number, pageEnd: number, damaged: (actual: string) => Error): number {
    try {
      let read = segment.file.read(this.#cold.first(pageEnd - offset), offset);
      if (read < 4) throw damaged('the end of the file');
      const length = itemBytes(this.#cold.view, 0);
      if (length < RECORD_HEADER_BYTES || offset + length > pageEnd) throw damaged('an impossible length');
      if (length > FIRST_READ_BYTES) {
        if (length > this.#cold.bytes.length) this.#cold = new ColdImage(length);
        read = segment.file.read(this.#cold.bytes.subarray(0, length), offset);
      }
      if (read < length) throw damaged('the end of the file');
      return length;
    } catch (error) {
      throw wrapFailure(segment.path, 'read', error);
    }
  }
}

/** Where records from disk are looked at; one at a time. */
class ColdImage {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  readonly #first: Uint8Array;

  constructor(bytes: number) {
    const buffer = new ArrayBuffer(bytes);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.view = new DataView(buffer);
    this.#first = this.bytes.subarray(0, FIRST_READ_BYTES);
  }

  /** Room for the first read, at most `limit` bytes. */
  first(limit: number): Uint8Array {
    return limit >= FIRST_READ_BYTES ? this.#first : this.bytes.subarray(0, limit);
  }
}
