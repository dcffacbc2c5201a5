/**
 * Checks the groups of a segment, a page at a time: every record against its own checksum, every group against its
 * trailer, every trailer against the chain. Behind a bad place it goes on with the next record or trailer that checks
 * out where it lies, so one finding is one run of damage, and says where it begins and ends.
 */
import { crc32Range } from '../checksum/crc32.ts';
import { COMMIT_TRAILER_BYTES, decodeCommitTrailer, type CommitTrailer } from '../format/commit-trailer.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import {
  checkRecord,
  decodeRecordHead,
  itemBytes,
  itemType,
  recordPointer,
  RecordType,
  type RecordHead,
  type ValuePointer,
} from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';

/** A run of bytes of a segment that are not what was written. */
export interface BadRun {
  readonly offset: number;
  readonly end: number;
  readonly expected: string;
  readonly actual: string;
}

/** What a page check tells; the value pointer is that of a record that checks out. */
export interface PageSink {
  onBadRun(run: BadRun): void;
  onSeparatedValue(offset: number, head: RecordHead, pointer: ValuePointer): void;
}

export class PageCheck {
  readonly #seed: number;
  readonly #sink: PageSink;
  /** The chain after the last group, and over what of the running one lies in pages that are done with. */
  #chain: number;
  #running: number;
  #groupStart = SEGMENT_HEADER_BYTES;
  #groupRecords = 0;
  /** Whether something of the running group was reported, or its beginning is not known. */
  #isGroupBad = false;

  constructor(seed: number, chain: number, sink: PageSink) {
    this.#seed = seed;
    this.#chain = chain;
    this.#running = chain;
    this.#sink = sink;
  }

  /** The chain after the last group. */
  get chain(): number {
    return this.#chain;
  }

  /**
   * Checks what lies at `start` of the segment, up to the end of `bytes`: a page, or what of one belongs to the log.
   * Pages come in order, all of them.
   */
  check(bytes: Uint8Array, start: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = start === 0 ? SEGMENT_HEADER_BYTES : 0;
    let from = at;
    while (at < bytes.length) {
      const trailer = this.#trailerAt(bytes, view, at, start);
      if (trailer !== undefined) {
        this.#running = crc32Range(bytes, from, at, this.#running);
        this.#endGroup(trailer, start + at);
        at += COMMIT_TRAILER_BYTES;
        from = at;
        continue;
      }
      const length = this.#goodItem(bytes, view, at, start);
      if (length > 0) {
        at += length;
        continue;
      }
      const next = this.#nextGood(bytes, view, at + UNIT_BYTES, start);
      this.#isGroupBad = true;
      const [expected, actual] = ['a record that matches its checksum', 'other bytes'];
      this.#sink.onBadRun({ offset: start + at, end: start + next, expected, actual });
      at = next;
    }
    this.#running = crc32Range(bytes, from, bytes.length, this.#running);
  }

  /** Takes in pages that could not be read. */
  skip(end: number): void {
    this.#isGroupBad = true;
    this.#groupStart = end;
  }

  #endGroup(trailer: CommitTrailer, offset: number): void {
    const isGood =
      trailer.chain === this.#running &&
      trailer.previousChain === this.#chain &&
      trailer.groupStart === this.#groupStart &&
      trailer.recordCount === this.#groupRecords;
    if (!isGood && !this.#isGroupBad) {
      this.#sink.onBadRun({
        offset: this.#groupStart,
        end: offset,
        expected: 'a group that matches its trailer',
        actual: 'another checksum',
      });
    }
    this.#chain = trailer.chain;
    this.#running = trailer.chain;
    this.#groupStart = offset + COMMIT_TRAILER_BYTES;
    this.#groupRecords = 0;
    this.#isGroupBad = false;
  }

  #trailerAt(bytes: Uint8Array, view: DataView, at: number, start: number): CommitTrailer | undefined {
    if (at + COMMIT_TRAILER_BYTES > bytes.length || itemType(view, at) !== RecordType.commit)
      return undefined;
    return decodeCommitTrailer(bytes, at, start + at, this.#seed);
  }

  /** Bytes of the item at `at`, which is no trailer; 0 if it is not what was written. */
  #goodItem(bytes: Uint8Array, view: DataView, at: number, start: number): number {
    if (at + UNIT_BYTES > bytes.length) return 0;
    const length = itemBytes(view, at);
    if (length === 0 || at + length > bytes.length) return 0;
    const type = itemType(view, at);
    if (type === RecordType.pad || type === RecordType.invalid) return length;
    return this.#isRecord(bytes, view, at, start, length) ? length : 0;
  }

  #isRecord(bytes: Uint8Array, view: DataView, at: number, start: number, length: number): boolean {
    const head = decodeRecordHead(view, at);
    if (head === undefined) return false;
    const record = bytes.subarray(at, at + length);
    const own = new DataView(record.buffer, record.byteOffset, length);
    if (!checkRecord(record, own, length, this.#seed, start + at)) return false;
    this.#groupRecords += 1;
    if (head.separated) this.#sink.onSeparatedValue(start + at, head, recordPointer(view, at, head));
    return true;
  }

  /** Where the next record or trailer lies that checks out, or the end of the page, where an item begins. */
  #nextGood(bytes: Uint8Array, view: DataView, from: number, start: number): number {
    for (let at = from; at + UNIT_BYTES <= bytes.length; at += UNIT_BYTES) {
      if (this.#trailerAt(bytes, view, at, start) !== undefined) return at;
      const head = decodeRecordHead(view, at);
      if (head === undefined) continue;
      const length = itemBytes(view, at);
      const record = bytes.subarray(at, at + length);
      const own = new DataView(record.buffer, record.byteOffset, length);
      if (checkRecord(record, own, length, this.#seed, start + at)) return at;
    }
    return bytes.length;
  }
}
