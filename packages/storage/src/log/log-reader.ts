/**
 * Reads records by address: from the page in memory, else from the file, verified by checksum.
 */
import { compareBytes } from '@htkv/base';

import { corrupt, wrapFailure } from '../failure.ts';
import { checkRecord, decodeRecordHead, itemBytes, recordKey, type RecordHead } from '../format/record.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { offsetOf, slotOf } from './address.ts';
import type { ResidentPages } from './resident-pages.ts';

/** A record where it lies: `bytes` and `view` are borrowed and stand until the next commit. */
export interface RecordPlace {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offset: number;
  readonly head: RecordHead;
}

/** Read with the first access to a record on disk; most records need no second one. */
const FIRST_READ_BYTES = 512;

export class LogReader {
  readonly #segments: SegmentTable;
  readonly #pages: ResidentPages;
  /** Reads that went to a file. */
  coldReads = 0;

  constructor(segments: SegmentTable, pages: ResidentPages) {
    this.#segments = segments;
    this.#pages = pages;
  }

  /** The record at `address`. Throws `STORAGE_CORRUPT` or `STORAGE_IO`. O(record) from disk, else O(1). */
  read(address: number): RecordPlace {
    const slot = slotOf(address);
    const offset = offsetOf(address);
    const frame = this.#pages.find(slot, offset);
    if (frame === undefined) return this.#readCold(slot, offset);
    const inPage = offset % this.#pages.pageBytes;
    const head = decodeRecordHead(frame.view, inPage);
    if (head === undefined) throw this.#damaged(slot, offset, 'lengths that contradict each other');
    return { bytes: frame.bytes, view: frame.view, offset: inPage, head };
  }

  /** Whether the record at `address` holds `key`. */
  holdsKey(address: number, key: Uint8Array): boolean {
    const place = this.read(address);
    return place.head.keyBytes === key.length && compareBytes(recordKey(place.bytes, place.offset, place.head), key) === 0;
  }

  #readCold(slot: number, offset: number): RecordPlace {
    this.coldReads += 1;
    const segment = this.#segments.at(slot);
    const pageEnd = offset - (offset % this.#pages.pageBytes) + this.#pages.pageBytes;
    let bytes = new Uint8Array(Math.min(FIRST_READ_BYTES, pageEnd - offset));
    try {
      let read = segment.file.read(bytes, offset);
      if (read < 4) throw this.#damaged(slot, offset, 'the end of the file');
      const length = itemBytes(new DataView(bytes.buffer), 0);
      if (length < 4 || offset + length > pageEnd) throw this.#damaged(slot, offset, 'an impossible length');
      if (length > bytes.length) {
        bytes = new Uint8Array(length);
        read = segment.file.read(bytes, offset);
      }
      if (read < length) throw this.#damaged(slot, offset, 'the end of the file');
      bytes = bytes.subarray(0, length);
    } catch (error) {
      throw wrapFailure(segment.path, 'read', error);
    }
    if (bytes.length < 48 || !checkRecord(bytes, segment.seed, offset)) {
      throw this.#damaged(slot, offset, 'another checksum');
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const head = decodeRecordHead(view, 0);
    if (head === undefined) throw this.#damaged(slot, offset, 'lengths that contradict each other');
    return { bytes, view, offset: 0, head };
  }

  #damaged(slot: number, offset: number, actual: string): Error {
    return corrupt(this.#segments.at(slot).path, offset, 'a record that matches its checksum', actual);
  }
}
