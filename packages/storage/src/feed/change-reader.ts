/**
 * The writes of a store in the order in which they were made, from a place of the commit order on: sets and deletes as
 * they lie in the log, without the copies that compaction has made. Only what is durable is read, so nothing that was
 * read is ever taken back.
 *
 * A batch comes as a whole, in one call of {@link ChangeReader.read}. Between two calls others write, and compaction may
 * remove what should come next: then the reader says so and never leaves anything out.
 */
import { assert, CodedError, errorCode } from '@htkv/base';

import { Field, FillingState } from '../control/store-fields.ts';
import { corrupt } from '../failure.ts';
import {
  checkRecord,
  decodeRecordHead,
  isRecordHead,
  recordPointer,
  RecordFlag,
  RecordType,
} from '../format/record.ts';
import { UNIT_LOG2 } from '../format/geometry.ts';
import { COMMIT_TRAILER_BYTES, commitTrailerLayout, decodeCommitTrailer } from '../format/commit-trailer.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { KeyIndex } from '../index/key-index.ts';
import type { KeyRange } from '../index/key-range.ts';
import { addressOf } from '../log/address.ts';
import type { ValueFiles } from '../value/value-files.ts';
import { LogCursor, type CursorParts, type LogSlice } from './log-cursor.ts';
import {
  deleteAt,
  isKeyInside,
  sequenceAt,
  setAt,
  valueBytesAt,
  type RecordPlace,
  type StoredChange,
} from './stored-change.ts';

/** Values in files of their own that are loaded in one call, about; a batch is loaded whole. */
const SEPARATED_BYTES = 1024 * 1024;

/** What is to be read. */
export interface ChangeQuery {
  /** The last place of the commit order that is not wanted; undefined for what is written from now on. */
  readonly since: number | undefined;
  /** Undefined for all keys. */
  readonly keys: KeyRange | undefined;
  /** Whether each change says if it is the last of its batch that the query asks for. */
  readonly marksBatches: boolean;
}

/** What should come next is not in the log any more. Not an operating error of its own: whoever reads says what it means. */
export class HistoryCompacted extends Error {
  /** The last place of the commit order that was read or not wanted. */
  readonly since: number;
  /** From behind this one on everything is there. */
  readonly oldest: number;

  constructor(since: number, oldest: number) {
    super(`the log has every write behind ${oldest}, and those behind ${since} are asked for`);
    this.since = since;
    this.oldest = oldest;
  }
}

export interface ReaderParts extends CursorParts {
  readonly values: ValueFiles;
  readonly index: KeyIndex;
}

export class ChangeReader {
  readonly #parts: ReaderParts;
  readonly #query: Omit<ChangeQuery, 'since'>;
  readonly #cursor: LogCursor;
  /** Up to this place of the commit order nothing is wanted. */
  readonly #since: number;
  #position: number;
  /** Changes that were read and not given out: between two reads those of a batch whose end has not come. */
  #changes: StoredChange[] = [];
  /** Where among them the batch begins that has not ended. */
  #batchStart = 0;
  #isInBatch = false;
  /** Records since the last trailer of a group. */
  #groupRecords = 0;
  #isAtEnd = false;

  /** In a turn. */
  constructor(parts: ReaderParts, query: ChangeQuery) {
    const { block } = parts.control;
    this.#parts = parts;
    this.#query = query;
    this.#since = query.since ?? block.get(Field.lastSequence);
    this.#position = Math.min(this.#since, block.get(Field.durableSequence));
    const start = query.since === undefined ? LogCursor.end(parts) : { segmentId: 0, offset: 0 };
    this.#cursor = new LogCursor(parts, start);
  }

  /** Every change up to this place of the commit order was given out, or is not wanted; no crash takes it back. */
  get position(): number {
    return this.#position;
  }

  /** Whether the last {@link read} came to the end of what was durable. */
  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /**
   * The changes of the next part of the log, in their order; none if nothing in it is wanted, or at the end. Throws
   * {@link HistoryCompacted}, `STORAGE_CORRUPT`, `STORAGE_IO`, `STORAGE_BUSY`; then it is of no use any more.
   */
  read(): StoredChange[] {
    const slice = this.#cursor.take(
      this.#since,
      () => this.#requireHistory(),
      (reached) => {
        this.#position = Math.max(this.#position, reached);
      },
    );
    this.#isAtEnd = slice === undefined;
    if (slice === undefined) {
      assert(!this.#isInBatch, 'what is durable does not end inside a batch');
      return [];
    }
    return this.#changesOf(slice);
  }

  #requireHistory(): void {
    const { block } = this.#parts.control;
    const compacted = block.get(Field.compactedSequence);
    const seen = Math.max(this.#since, this.#position);
    // What a store is filled with are no changes.
    const isFilled = block.get(Field.filling) !== FillingState.none;
    if (isFilled || compacted > seen) throw new HistoryCompacted(seen, compacted);
  }

  #changesOf(slice: LogSlice): StoredChange[] {
    const { view } = this.#parts;
    const changes = this.#changes;
    let separatedBytes = 0;
    let at = 0;
    // A group lies in one segment; one that was begun before has gone with its segment, and had nothing but copies left.
    if (slice.offset === SEGMENT_HEADER_BYTES) this.#groupRecords = 0;
    try {
      while (at < slice.bytes) {
        const first = view.getUint32(at, true);
        const length = (first & 0xffff) << UNIT_LOG2;
        if (at + length > slice.bytes && at > 0) break;
        if (length === 0 || at + length > slice.bytes) throw damaged(slice, at, 'an impossible length');
        const type = (first >>> 16) & 0xff;
        if (type === RecordType.set || type === RecordType.delete) {
          if (slice.isCold) this.#requireSound(slice, at, length);
          const flags = first >>> 24;
          if ((flags & RecordFlag.relocated) === 0) this.#takeRecord(slice, at, type, flags);
          this.#groupRecords += 1;
          if ((flags & RecordFlag.separated) !== 0) separatedBytes += valueBytesAt(view, at);
        } else if (type === RecordType.commit) {
          this.#endGroup(slice, at);
        } else if (type !== RecordType.pad && type !== RecordType.invalid) {
          throw damaged(slice, at, `an item of type ${type}`);
        }
        at += length;
        if (separatedBytes >= SEPARATED_BYTES && !this.#isInBatch) break;
      }
    } catch (error) {
      // What comes before it can be read, and is given out first.
      if (at === 0) throw error;
    }
    this.#cursor.pass(slice, at);
    this.#changes = changes.splice(this.#batchStart);
    this.#batchStart = 0;
    return changes;
  }

  /** What fails here leaves the reader before the record. */
  #takeRecord(slice: LogSlice, at: number, type: number, flags: number): void {
    const { image, view } = this.#parts;
    const { keys, marksBatches } = this.#query;
    const changes = this.#changes;
    const sequence = sequenceAt(view, at);
    const place: RecordPlace = { image, view, at, flags };
    if (sequence > this.#since && (keys === undefined || isKeyInside(place, keys))) {
      const change = this.#changeAt(slice, place, type);
      if (marksBatches) change.endsBatch = false;
      changes.push(change);
    }
    this.#isInBatch = (flags & RecordFlag.continued) !== 0;
    if (this.#isInBatch) return;
    if (marksBatches && changes.length > this.#batchStart) changes.at(-1)!.endsBatch = true;
    this.#batchStart = changes.length;
    this.#position = Math.max(this.#position, sequence);
  }

  #changeAt(slice: LogSlice, place: RecordPlace, type: number): StoredChange {
    if (type === RecordType.delete) return deleteAt(place);
    const isSeparated = (place.flags & RecordFlag.separated) !== 0;
    return setAt(place, isSeparated ? this.#separatedValue(slice, place) : undefined);
  }

  #separatedValue(slice: LogSlice, { view, at }: RecordPlace): Uint8Array {
    const head = decodeRecordHead(view, at);
    if (head === undefined) throw damaged(slice, at, 'lengths that contradict each other');
    try {
      return this.#parts.values.read(recordPointer(view, at, head), head.valueBytes);
    } catch (error) {
      const { segment, offset } = slice;
      const address = addressOf(segment.slot, offset + at);
      this.#parts.inTurn(() => {
        this.#requireHistory();
        // A copy of the record may have been there, and its value have gone with it when that was replaced.
        const isGone = error instanceof CodedError && errorCode(error.cause) === 'ENOENT';
        if (!isGone || this.#parts.index.isNewestOfKey(head.keyHash, address)) return;
        throw new HistoryCompacted(Math.max(this.#since, this.#position), head.sequence);
      });
      throw error;
    }
  }

  #requireSound(slice: LogSlice, at: number, length: number): void {
    const { image, view } = this.#parts;
    const isSound = checkRecord(image, view, length, slice.segment.seed, slice.offset + at, at);
    if (!isSound) throw damaged(slice, at, 'another checksum');
    if (!isRecordHead(view, at)) throw damaged(slice, at, 'lengths that contradict each other');
  }

  /** Nothing of the group was passed over: a length that is wrong and possible is in no record's checksum. */
  #endGroup(slice: LogSlice, at: number): void {
    const records = this.#groupRecords;
    const { image, view } = this.#parts;
    if (slice.isCold) {
      const bytes = image.subarray(at, at + COMMIT_TRAILER_BYTES);
      const trailer = decodeCommitTrailer(bytes, 0, slice.offset + at, slice.segment.seed);
      if (trailer === undefined) throw damaged(slice, at, 'a trailer that does not match its checksum');
    }
    const stated = view.getUint32(at + commitTrailerLayout.fields.recordCount.offset, true);
    if (stated !== records) throw damaged(slice, at, `the trailer of ${stated} records behind ${records}`);
    this.#groupRecords = 0;
  }
}

function damaged({ segment, offset }: LogSlice, at: number, actual: string): Error {
  return corrupt(segment.path, offset + at, 'the log as it was written', actual);
}
