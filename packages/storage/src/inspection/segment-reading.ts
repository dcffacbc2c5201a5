/** One segment as it lies in its file: header, groups, records, footer, for tools that show or judge it. */
import { corrupt, wrapFailure } from '../failure.ts';
import { storeFileName } from '../format/file-names.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import {
  decodeRecordHead,
  itemBytes,
  RECORD_HEADER_BYTES,
  recordKey,
  recordPointer,
  recordValue,
  RecordType,
  type RecordHead,
  type ValuePointer,
} from '../format/record.ts';
import { decodeSegmentFooter, SEGMENT_FOOTER_BYTES, type SegmentFooter } from '../format/segment-footer.ts';
import {
  chainStart,
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentSeed,
  type SegmentHeader,
} from '../format/segment-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';
import { isSoundRecord, walkSegment, type SegmentWalk } from './segment-walk.ts';

/** A record as it lies in its segment. Key and value are borrowed from the bytes of the segment. */
export interface PlacedRecord {
  readonly offset: number;
  /** Bytes that it takes in the segment. */
  readonly bytes: number;
  readonly head: RecordHead;
  readonly key: Uint8Array;
  /** Undefined for a delete, and where the value lies in a file of its own. */
  readonly value: Uint8Array | undefined;
  readonly pointer: ValuePointer | undefined;
  /** It matches its own checksum. */
  readonly isSound: boolean;
}

export interface SegmentReading {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly seed: number;
  readonly bytes: Uint8Array;
  readonly walk: SegmentWalk;
  readonly footer: SegmentFooter | undefined;
}

/** Reads a segment whole. Throws `STORAGE_CORRUPT` where its header does not check out, or `STORAGE_IO`. */
export function readSegment(fileSystem: FileSystem, directory: string, segmentId: number): SegmentReading {
  const path = fileSystem.join(directory, storeFileName('segment', segmentId));
  let bytes: Uint8Array;
  try {
    bytes = readWhole(fileSystem, path);
  } catch (error) {
    throw wrapFailure(path, 'read', error);
  }
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') throw corrupt(path, 0, reading.expected, reading.actual);
  const { header } = reading;
  const seed = segmentSeed(header);
  const footer = decodeSegmentFooter(bytes.subarray(-SEGMENT_FOOTER_BYTES), seed);
  // A footer is no part of the log, and would be taken for its broken end.
  const body = footer?.segmentId === header.segmentId ? bytes.subarray(0, footer.bodyBytes) : bytes;
  const walk = walkSegment(body, seed, SEGMENT_HEADER_BYTES, chainStart(bytes));
  return { path, header, seed, bytes, walk, footer };
}

/** The record at `offset`, sound or not; `undefined` where there is none. */
export function recordAt({ bytes, seed }: SegmentReading, offset: number): PlacedRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset < SEGMENT_HEADER_BYTES || offset % UNIT_BYTES !== 0) return undefined;
  if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const head = decodeRecordHead(view, offset);
  if (head === undefined) return undefined;
  const isInline = head.type === RecordType.set && !head.separated;
  return {
    offset,
    bytes: itemBytes(view, offset),
    head,
    key: recordKey(bytes, offset, head),
    value: isInline ? recordValue(bytes, offset, head) : undefined,
    pointer: head.separated ? recordPointer(view, offset, head) : undefined,
    isSound: isSoundRecord(bytes, view, seed, offset),
  };
}

/** The records of the groups, in log order, and only those before `end`. */
export function* recordsOf(
  reading: SegmentReading,
  end: number = Number.POSITIVE_INFINITY,
): Generator<PlacedRecord, void, undefined> {
  for (const group of reading.walk.groups) {
    if (group.end > end) return;
    for (const offset of group.records) {
      const record = recordAt(reading, offset);
      if (record !== undefined) yield record;
    }
  }
}
