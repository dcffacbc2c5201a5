/**
 * Reads the segments that a manifest names, in log order, checks every group, and hands each record to the index.
 * Of the segment that was active, groups above the last proof are kept apart: the caller writes them again.
 */
import { equalBytes } from '@htkv/base';

import { corrupt, foreignFile, wrapFailure } from '../failure.ts';
import { SegmentState, type Manifest, type ManifestEntry } from '../format/manifest.ts';
import {
  decodeRecordHead,
  recordKey,
  recordPointer,
  RecordType,
  type RecordHead,
  type ValuePointer,
} from '../format/record.ts';
import { chainStart, decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';
import { addressOf } from '../log/address.ts';
import { scanGroups, type CommittedGroup, type ScanEnd } from '../segment/group-scanner.ts';
import { judgeEnding } from '../segment/segment-ending.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { storeFileName } from '../format/file-names.ts';
import type { ValueFiles } from '../value/value-files.ts';
import { judgeTail, type TailVerdict } from './verdict.ts';

/** A group that checks out but may not be on disk, as offsets into `bytes`. */
export interface UnprovenGroup {
  readonly bytes: Uint8Array;
  readonly records: readonly number[];
  /** Place in the commit order of its first write. */
  readonly firstSequence: number;
}

export interface RecoveredSegments {
  readonly unproven: readonly UnprovenGroup[];
  readonly bytes: number;
  readonly groups: number;
  readonly records: number;
  readonly tornBytes: number;
  readonly highestVersion: number;
  readonly lastSequence: number;
  /** Ids of the separated values that any record refers to. */
  readonly valueIds: ReadonlySet<number>;
}

/** What a store that is just being created starts from. */
export const NOTHING_RECOVERED: RecoveredSegments = {
  unproven: [],
  bytes: 0,
  groups: 0,
  records: 0,
  tornBytes: 0,
  highestVersion: 0,
  lastSequence: 0,
  valueIds: new Set(),
};

export interface RecoverOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly table: SegmentTable;
  readonly values: ValueFiles;
  /** Ids of the value files in the directory. */
  readonly valueIds: ReadonlySet<number>;
  /** Takes unproven groups as they are: nothing will be written, so nothing can be lost by it. */
  readonly acceptUnproven: boolean;
  readonly onRecord: (address: number, head: RecordHead, key: Uint8Array) => void;
  /** Called once for each segment, when all that belongs to the log is known of it. `bytes` is borrowed. */
  readonly onSegment: (segment: Segment, entry: ManifestEntry, bytes: Uint8Array) => void;
}

/** Throws `STORAGE_CORRUPT`, `STORAGE_FOREIGN_FILE`, `STORAGE_FORMAT_UNSUPPORTED` or `STORAGE_IO`. O(log). */
export function recoverSegments(options: RecoverOptions): RecoveredSegments {
  const { manifest } = options;
  const unproven: UnprovenGroup[] = [];
  const valueIds = new Set<number>();
  const sum = { bytes: 0, groups: 0, records: 0, tornBytes: 0 };
  let { highestVersion, lastSequence } = manifest;
  let predecessor: ManifestEntry | undefined;
  for (const entry of manifest.segments) {
    const { segment, bytes } = openSegment(options, entry, predecessor);
    predecessor = entry;
    const { groups, verdict } = scanSegment(manifest, entry, segment, bytes);
    sum.bytes += bytes.length;
    sum.tornBytes += verdict.tornBytes;
    for (const group of groups) {
      const isProven = group.end <= verdict.provenBytes;
      const values = separatedValues(bytes, group);
      if (!isProven && !values.every((value) => options.values.exists(value.pointer, value.bytes))) {
        // Values are durable before their group is written: this group was being written when the store stopped.
        sum.tornBytes += groups.at(-1)!.end - group.trailer.groupStart;
        break;
      }
      for (const value of values) {
        requireValueFile(options, value);
        valueIds.add(value.pointer.valueId);
      }
      sum.groups += 1;
      sum.records += group.records.length;
      highestVersion = Math.max(highestVersion, group.trailer.highestVersion);
      lastSequence = Math.max(lastSequence, group.trailer.lastSequence);
      if (isProven || options.acceptUnproven) accept(options, segment, bytes, group);
      else {
        const { firstSequence } = group.trailer;
        unproven.push({ bytes, records: group.records, firstSequence });
      }
    }
    segment.markDurable();
    options.onSegment(segment, entry, bytes);
  }
  return { ...sum, unproven, highestVersion, lastSequence, valueIds };
}

/** The groups of a segment that check out, and how far they are proven. */
function scanSegment(
  manifest: Manifest,
  entry: ManifestEntry,
  segment: Segment,
  bytes: Uint8Array,
): { groups: readonly CommittedGroup[]; verdict: TailVerdict } {
  const groups: CommittedGroup[] = [];
  const isActive = entry.state === SegmentState.active;
  const extent = isActive ? bytes : bytes.subarray(0, entry.bytes);
  const end = scanGroups(extent, segment.seed, SEGMENT_HEADER_BYTES, segment.chain, (group) =>
    groups.push(group),
  );
  if (isActive && !manifest.clean) {
    return { groups, verdict: judgeTail(segment, bytes, entry.bytes, groups, end) };
  }
  requireWhole(segment, entry, bytes, end);
  return { groups, verdict: { provenBytes: entry.bytes, tornBytes: 0 } };
}

function openSegment(
  options: RecoverOptions,
  entry: ManifestEntry,
  predecessor: ManifestEntry | undefined,
): { segment: Segment; bytes: Uint8Array } {
  const { fileSystem, directory, manifest } = options;
  const path = fileSystem.join(directory, storeFileName('segment', entry.segmentId));
  let bytes: Uint8Array;
  try {
    bytes = readWhole(fileSystem, path);
  } catch (error) {
    const failure = wrapFailure(path, 'read', error);
    if ((failure.cause as { code?: unknown } | undefined)?.code !== 'ENOENT') throw failure;
    throw corrupt(path, 0, 'a segment that the manifest names', 'no file', error);
  }
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') throw corrupt(path, 0, reading.expected, reading.actual);
  const { header } = reading;
  if (!equalBytes(header.identity.storeId, manifest.identity.storeId)) {
    throw foreignFile(path, 'it is a segment of another store');
  }
  // The segment that it came behind may have been compacted away since.
  const follows =
    predecessor?.segmentId === header.predecessorId
      ? header.predecessorBytes === predecessor.bytes && header.predecessorChain === predecessor.chain
      : !manifest.segments.some((other) => other.segmentId === header.predecessorId);
  if (header.segmentId !== entry.segmentId || header.slot !== entry.slot || !follows) {
    throw corrupt(path, 0, 'the segment that the manifest names, in its place', 'another one');
  }
  const segment = options.table.add(header, chainStart(bytes));
  segment.end(entry.state);
  return { segment, bytes };
}

/** A segment whose end the manifest knows is there to its last byte, footer included, or the store is damaged. */
function requireWhole(segment: Segment, entry: ManifestEntry, bytes: Uint8Array, end: ScanEnd): void {
  if (end.end !== entry.bytes || end.chain !== entry.chain) {
    throw corrupt(segment.path, end.end, end.expected, end.actual);
  }
  const damage =
    entry.state === SegmentState.sealed ? judgeEnding(bytes, entry.bytes, segment.seed) : undefined;
  if (damage !== undefined) throw corrupt(segment.path, damage.offset, damage.expected, damage.actual);
  const behind = bytes.length - entry.bytes;
  if (entry.state === SegmentState.active && behind > 0) {
    throw corrupt(segment.path, entry.bytes, 'the end of a log that was closed', `${behind} more bytes`);
  }
}

function accept(options: RecoverOptions, segment: Segment, bytes: Uint8Array, group: CommittedGroup): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let { deleteCount } = segment;
  for (const offset of group.records) {
    const head = decodeRecordHead(view, offset)!;
    options.onRecord(addressOf(segment.slot, offset), head, recordKey(bytes, offset, head));
    if (head.type === RecordType.delete) deleteCount += 1;
  }
  segment.extend({
    bytes: group.end,
    chain: group.trailer.chain,
    lastSequence: group.trailer.lastSequence,
    recordCount: segment.recordCount + group.records.length,
    deleteCount,
  });
}

interface SeparatedValue {
  readonly pointer: ValuePointer;
  readonly bytes: number;
}

function separatedValues(bytes: Uint8Array, group: CommittedGroup): SeparatedValue[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: SeparatedValue[] = [];
  for (const offset of group.records) {
    const head = decodeRecordHead(view, offset)!;
    if (head.separated) found.push({ pointer: recordPointer(view, offset, head), bytes: head.valueBytes });
  }
  return found;
}

/** A file that came after the directory was listed, because a writer goes on, is looked for. */
function requireValueFile({ values, valueIds }: RecoverOptions, { pointer, bytes }: SeparatedValue): void {
  if (valueIds.has(pointer.valueId) || values.exists(pointer, bytes)) return;
  throw corrupt(values.path(pointer.valueId), 0, 'the file of a value', 'no file');
}
