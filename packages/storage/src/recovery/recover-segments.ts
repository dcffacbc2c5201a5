/**
 * Reads the segments that a manifest names, in log order, checks every group, and hands each record to the index.
 * Of the segment that was active, groups above the last proof are kept apart: the caller writes them again.
 *
 * With a checkpoint it begins at the place where that was begun. Of the segments before, only header and end are looked
 * at; what they hold is checked when it is read.
 */
import { assert, equalBytes } from '@htkv/base';

import { corrupt, foreignFile, wrapFailure } from '../failure.ts';
import type { CheckpointHeader } from '../format/checkpoint.ts';
import { SegmentState, type Manifest, type ManifestEntry } from '../format/manifest.ts';
import {
  decodeRecordHead,
  RecordFlag,
  recordPointer,
  RecordType,
  type ValuePointer,
} from '../format/record.ts';
import { SEGMENT_FOOTER_BYTES } from '../format/segment-footer.ts';
import { chainStart, decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { File, FileSystem } from '../fs/file-system.ts';
import { addressOf } from '../log/address.ts';
import { scanGroups, type CommittedGroup, type ScanEnd } from '../segment/group-scanner.ts';
import { judgeEnding, judgeFooter } from '../segment/segment-ending.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { storeFileName } from '../format/file-names.ts';
import type { ValueFiles } from '../value/value-files.ts';
import { segmentImage, type IndexBuilder, type SegmentImage } from './index-builder.ts';
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
  /** Ids of the separated values that any record refers to which was read. */
  readonly valueIds: ReadonlySet<number>;
  /** Values with a lower id may belong to records that were not read. */
  readonly valuesKeptBelow: number;
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
  valuesKeptBelow: 0,
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
  /** The checkpoint whose cells are in the index; undefined to read the whole log. */
  readonly checkpoint: CheckpointHeader | undefined;
  readonly index: IndexBuilder;
  /**
   * Called once for each segment, when all that belongs to the log is known of it. `bytes` is borrowed, and was read and
   * checked from byte `from` on.
   */
  readonly onSegment: (segment: Segment, entry: ManifestEntry, bytes: Uint8Array, from: number) => void;
}

/** Throws `STORAGE_CORRUPT`, `STORAGE_FOREIGN_FILE`, `STORAGE_FORMAT_UNSUPPORTED` or `STORAGE_IO`. O(log). */
export function recoverSegments(options: RecoverOptions): RecoveredSegments {
  const { manifest, checkpoint } = options;
  const unproven: UnprovenGroup[] = [];
  const missingValues: MissingValue[] = [];
  const valueIds = new Set<number>();
  const sum = { bytes: 0, groups: 0, records: 0, tornBytes: 0 };
  const progress = new CheckpointProgress(options.index, checkpoint);
  let highestVersion = Math.max(manifest.highestVersion, checkpoint?.highestVersion ?? 0);
  let lastSequence = Math.max(manifest.lastSequence, checkpoint?.lastSequence ?? 0);
  let predecessor: ManifestEntry | undefined;
  for (const entry of manifest.segments) {
    const from = startOf(entry, checkpoint);
    const { segment, image, bytesRead } = openSegment(options, entry, predecessor, from);
    const { bytes } = image;
    predecessor = entry;
    sum.bytes += bytesRead;
    if (from === undefined) {
      segment.extend(entry);
      segment.markDurable();
      options.onSegment(segment, entry, bytes, entry.bytes);
      continue;
    }
    if (from > SEGMENT_HEADER_BYTES) segment.extend(checkpoint!.begin);
    const { groups, verdict } = scanSegment(manifest, entry, segment, bytes, from);
    sum.tornBytes += verdict.tornBytes;
    options.index.expectMore(countNewKeys(image, groups));
    for (const group of groups) {
      const isProven = group.end <= verdict.provenBytes;
      const values = separatedValues(image, group);
      if (!isProven && !values.every((value) => options.values.exists(value.pointer, value.bytes))) {
        // Values are durable before their group is written: this group was being written when the store stopped.
        sum.tornBytes += groups.at(-1)!.end - group.trailer.groupStart;
        break;
      }
      for (const value of values) {
        if (!hasValueFile(options, value)) {
          missingValues.push({ ...value, address: addressOf(segment.slot, value.offset) });
        }
        valueIds.add(value.pointer.valueId);
      }
      sum.groups += 1;
      sum.records += group.records.length;
      highestVersion = Math.max(highestVersion, group.trailer.highestVersion);
      lastSequence = Math.max(lastSequence, group.trailer.lastSequence);
      if (!isProven && !options.acceptUnproven) {
        const { firstSequence } = group.trailer;
        unproven.push({ bytes, records: group.records, firstSequence });
        continue;
      }
      progress.take(segment, image, group);
      accept(segment, image, group);
    }
    progress.requireReached(segment);
    segment.markDurable();
    options.onSegment(segment, entry, bytes, from === SEGMENT_HEADER_BYTES ? 0 : from);
  }
  progress.finish();
  requireNewestValues(options, missingValues);
  const valuesKeptBelow = checkpoint?.nextValueId ?? 0;
  return { ...sum, unproven, highestVersion, lastSequence, valueIds, valuesKeptBelow };
}

/** Where reading a segment begins; undefined if all of it lies before the checkpoint. */
function startOf(entry: ManifestEntry, checkpoint: CheckpointHeader | undefined): number | undefined {
  if (checkpoint === undefined || entry.segmentId > checkpoint.begin.segmentId) return SEGMENT_HEADER_BYTES;
  return entry.segmentId === checkpoint.begin.segmentId ? checkpoint.begin.bytes : undefined;
}

/** How far records are only those that the cells of a checkpoint may lag behind. */
class CheckpointProgress {
  readonly #index: IndexBuilder;
  readonly #checkpoint: CheckpointHeader | undefined;
  #isMoving: boolean;

  constructor(index: IndexBuilder, checkpoint: CheckpointHeader | undefined) {
    this.#index = index;
    this.#checkpoint = checkpoint;
    this.#isMoving = checkpoint !== undefined;
  }

  /** Takes the records of the next group, which begins where `segment` ends so far. */
  take(segment: Segment, image: SegmentImage, group: CommittedGroup): void {
    if (this.#isMoving && this.#isAtEnd(segment)) this.#end(segment);
    if (this.#isMoving) this.#index.move(segment.slot, image, group.records);
    else this.#index.take(segment.slot, image, group.records);
  }

  /** All groups of a segment were taken: if the checkpoint ends in it, its end was among them. */
  requireReached(segment: Segment): void {
    if (this.#isMoving && this.#isAtEnd(segment)) this.#end(segment);
  }

  finish(): void {
    if (this.#isMoving) throw this.#mismatch('', 'the log ends before');
  }

  #isAtEnd({ segmentId, bytes }: Segment): boolean {
    const { end } = this.#checkpoint!;
    return segmentId > end.segmentId || (segmentId === end.segmentId && bytes >= end.bytes);
  }

  #end({ segmentId, bytes, chain, path }: Segment): void {
    const { end, keys } = this.#checkpoint!;
    if (segmentId !== end.segmentId || bytes !== end.bytes || chain !== end.chain) {
      throw this.#mismatch(path, 'other groups');
    }
    this.#isMoving = false;
    this.#index.endMoving();
    const found = this.#index.counts.keys;
    if (found !== keys) throw this.#mismatch(path, `${found} keys of ${keys}`);
  }

  #mismatch(path: string, actual: string): Error {
    return corrupt(path, this.#checkpoint!.end.bytes, 'the log that a checkpoint was made of', actual);
  }
}

/** The groups of a segment that check out, and how far they are proven. */
function scanSegment(
  manifest: Manifest,
  entry: ManifestEntry,
  segment: Segment,
  bytes: Uint8Array,
  from: number,
): { groups: readonly CommittedGroup[]; verdict: TailVerdict } {
  const groups: CommittedGroup[] = [];
  const isActive = entry.state === SegmentState.active;
  const extent = isActive ? bytes : bytes.subarray(0, entry.bytes);
  const end = scanGroups(extent, segment.seed, from, segment.chain, (group) => groups.push(group));
  if (isActive && !manifest.clean) {
    return { groups, verdict: judgeTail(segment, bytes, entry.bytes, groups, end) };
  }
  requireWhole(segment, entry, bytes, end);
  return { groups, verdict: { provenBytes: entry.bytes, tornBytes: 0 } };
}

/** Opens a segment and reads it from page `from` on; of one that is not to be read, header and end only. */
function openSegment(
  options: RecoverOptions,
  entry: ManifestEntry,
  predecessor: ManifestEntry | undefined,
  from: number | undefined,
): { segment: Segment; image: SegmentImage; bytesRead: number } {
  const { fileSystem, directory, manifest } = options;
  const path = fileSystem.join(directory, storeFileName('segment', entry.segmentId));
  let read: PartialRead;
  try {
    read = readPart(fileSystem, path, from, entry.bytes);
  } catch (error) {
    const failure = wrapFailure(path, 'read', error);
    if ((failure.cause as { code?: unknown } | undefined)?.code !== 'ENOENT') throw failure;
    throw corrupt(path, 0, 'a segment that the manifest names', 'no file', error);
  }
  const { bytes } = read;
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
  if (from === undefined) requireEnd(segment, entry, read);
  return { segment, image: segmentImage(bytes), bytesRead: read.bytesRead };
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

/** As {@link requireWhole}, of a segment whose groups were not read. */
function requireEnd(segment: Segment, entry: ManifestEntry, { end, endOffset }: PartialRead): void {
  if (end === undefined) {
    throw corrupt(segment.path, 0, `${entry.bytes} bytes of a segment`, 'a shorter file');
  }
  const damage =
    entry.state === SegmentState.sealed ? judgeFooter(end, endOffset, entry.bytes, segment.seed) : undefined;
  if (damage !== undefined) throw corrupt(segment.path, damage.offset, damage.expected, damage.actual);
}

function accept(segment: Segment, { words }: SegmentImage, group: CommittedGroup): void {
  let { deleteCount } = segment;
  for (const offset of group.records) {
    if (((words[offset >>> 2]! >>> 16) & 0xff) === RecordType.delete) deleteCount += 1;
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
  readonly keyHash: number;
  /** Of its record, in its segment. */
  readonly offset: number;
}

interface MissingValue extends SeparatedValue {
  readonly address: number;
}

const PREVIOUS_WORD = 5;

/** How many records say that their key had none before. */
function countNewKeys({ words }: SegmentImage, groups: readonly CommittedGroup[]): number {
  let count = 0;
  for (const { records } of groups) {
    for (const offset of records) if (words[(offset >>> 2) + PREVIOUS_WORD] === 0) count += 1;
  }
  return count;
}

function separatedValues({ words, view }: SegmentImage, { records }: CommittedGroup): SeparatedValue[] {
  const values: SeparatedValue[] = [];
  for (const offset of records) {
    if (((words[offset >>> 2]! >>> 24) & RecordFlag.separated) === 0) continue;
    const head = decodeRecordHead(view, offset);
    assert(head !== undefined, 'a record that checks out has a head');
    const { keyHash, valueBytes } = head;
    values.push({ pointer: recordPointer(view, offset, head), bytes: valueBytes, keyHash, offset });
  }
  return values;
}

/** A file that came after the directory was listed, because a writer goes on, is looked for. */
function hasValueFile({ values, valueIds }: RecoverOptions, { pointer, bytes }: SeparatedValue): boolean {
  return valueIds.has(pointer.valueId) || values.exists(pointer, bytes);
}

/**
 * Throws if a value is missing whose record is the newest of its key. Compaction removes a value when nobody needs it any
 * more, and records that are replaced may still name it.
 */
function requireNewestValues(options: RecoverOptions, missing: readonly MissingValue[]): void {
  for (const { keyHash, address, pointer } of missing) {
    if (!options.index.holds(keyHash, address)) continue;
    throw corrupt(options.values.path(pointer.valueId), 0, 'the file of a value', 'no file');
  }
}

interface PartialRead {
  /** As long as the file, what was not read being zero; the header alone of a segment that is not to be read. */
  readonly bytes: Uint8Array;
  /** The last bytes of a segment that is not to be read, and where they begin; undefined if the file is shorter. */
  readonly end: Uint8Array | undefined;
  readonly endOffset: number;
  readonly bytesRead: number;
}

/** Reads the header of a segment, and the segment from byte `from` on, or its end behind its `groupsEnd` bytes. */
function readPart(
  fileSystem: FileSystem,
  path: string,
  from: number | undefined,
  groupsEnd: number,
): PartialRead {
  const file = fileSystem.open(path, 'read');
  try {
    const size = file.size();
    if (from === undefined) {
      const header = readRange(file, 0, Math.min(size, SEGMENT_HEADER_BYTES));
      const endOffset = Math.max(groupsEnd, size - SEGMENT_FOOTER_BYTES);
      const end = size < groupsEnd ? undefined : readRange(file, endOffset, size - endOffset);
      return { bytes: header, end, endOffset, bytesRead: header.length + (end?.length ?? 0) };
    }
    const bytes = new Uint8Array(size);
    const header = file.read(bytes.subarray(0, Math.min(size, SEGMENT_HEADER_BYTES)), 0);
    const start = Math.min(from, size);
    const read = file.read(bytes.subarray(start), start);
    return { bytes: bytes.subarray(0, start + read), end: undefined, endOffset: 0, bytesRead: header + read };
  } finally {
    file.close();
  }
}

function readRange(file: File, offset: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  return bytes.subarray(0, file.read(bytes, offset));
}
