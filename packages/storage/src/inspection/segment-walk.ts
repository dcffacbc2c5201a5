/**
 * Reads a segment to its end, whatever is in the way: where the chain of groups breaks, the next trailer whose own
 * checksum holds says where the log goes on, and of what lies between, each record is judged by its own checksum. For
 * tools that look at a store from outside; a running store stops at the first bad byte.
 */
import { COMMIT_TRAILER_BYTES, decodeCommitTrailer, type CommitTrailer } from '../format/commit-trailer.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import {
  checkRecord,
  decodeRecordHead,
  itemBytes,
  RECORD_HEADER_BYTES,
  RecordType,
} from '../format/record.ts';
import { scanGroups, type CommittedGroup, type ScanEnd } from '../segment/group-scanner.ts';

/** Bytes from `start` up to `end` that are no part of an unbroken chain of groups. */
export interface BrokenStretch {
  readonly start: number;
  readonly end: number;
  readonly expected: string;
  readonly actual: string;
  /** Offsets of the records in it that match their own checksums. */
  readonly records: readonly number[];
}

export interface SegmentWalk {
  readonly groups: readonly CommittedGroup[];
  /** Stretches with more of the log behind them. */
  readonly broken: readonly BrokenStretch[];
  /** How the last unbroken run of groups ended. */
  readonly end: ScanEnd;
  /** Offsets of the records behind that end which match their own checksums; nothing says they were committed. */
  readonly strayRecords: readonly number[];
}

/** `bytes` is the segment from its first byte; `start` and `chain` are those behind its header. O(bytes). */
export function walkSegment(bytes: Uint8Array, seed: number, start: number, chain: number): SegmentWalk {
  const groups: CommittedGroup[] = [];
  const broken: BrokenStretch[] = [];
  let end = scanGroups(bytes, seed, start, chain, (group) => groups.push(group));
  while (end.kind === 'bad') {
    const next = nextTrailer(bytes, seed, end.end);
    if (next === undefined) break;
    const behind = next.offset + COMMIT_TRAILER_BYTES;
    const { expected, actual } = end;
    const records = soundRecords(bytes, seed, end.end, next.offset);
    broken.push({ start: end.end, end: behind, expected, actual, records });
    end = scanGroups(bytes, seed, behind, next.trailer.chain, (group) => groups.push(group));
  }
  return { groups, broken, end, strayRecords: soundRecords(bytes, seed, end.end, bytes.length) };
}

/** Whether the record at `offset` matches its own checksum. */
export function isSoundRecord(bytes: Uint8Array, view: DataView, seed: number, offset: number): boolean {
  const length = itemBytes(view, offset);
  const record = bytes.subarray(offset, offset + length);
  const ofRecord = new DataView(record.buffer, record.byteOffset, record.byteLength);
  return checkRecord(record, ofRecord, length, seed, offset);
}

function nextTrailer(
  bytes: Uint8Array,
  seed: number,
  from: number,
): { readonly offset: number; readonly trailer: CommitTrailer } | undefined {
  for (let offset = from; offset + COMMIT_TRAILER_BYTES <= bytes.length; offset += UNIT_BYTES) {
    if (bytes[offset + 2] !== RecordType.commit) continue;
    const trailer = decodeCommitTrailer(bytes, offset, offset, seed);
    if (trailer !== undefined) return { offset, trailer };
  }
  return undefined;
}

/** Looks at every unit, because lengths cannot be trusted, and skips what checks out. */
function soundRecords(bytes: Uint8Array, seed: number, from: number, end: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: number[] = [];
  for (let offset = from; offset + UNIT_BYTES <= end;) {
    const isRecord = decodes(view, offset) && isSoundRecord(bytes, view, seed, offset);
    if (isRecord) found.push(offset);
    offset += isRecord ? itemBytes(view, offset) : UNIT_BYTES;
  }
  return found;
}

function decodes(view: DataView, offset: number): boolean {
  return offset + RECORD_HEADER_BYTES <= view.byteLength && decodeRecordHead(view, offset) !== undefined;
}
