/**
 * Builds the index from what recovery reads: from records in log order, or from the cells of a checkpoint and the
 * records behind it. Counts on its own and says so once, at the end.
 *
 * A record names the address that it replaces, so the cell that moves is found without looking at any key: the cell with
 * its hash and that address. Keys are compared only where a cell has the same 32 bits of hash and another address.
 *
 * **Up to the end of a checkpoint** records only move cells that lag behind, for its cells were copied one after the
 * other while writes went on. Each key's records are a chain, from each to the one that it replaces, and the cell points
 * at one of them, or was copied before the key was there. A chain that has not met its cell yet is carried forward by the
 * address of its newest record; one that never meets one is a new key. So nothing is compared, and no key read.
 */
import { assert } from '@htkv/base';

import type { AssembledParts } from '../assemble-parts.ts';
import { SLOT_LOG2, UNIT_BYTES, UNIT_LOG2 } from '../format/geometry.ts';
import {
  decodeRecordHead,
  getUint64,
  RECORD_HEADER_BYTES,
  RecordFlag,
  recordKey,
  RecordType,
} from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { Mark, type IndexLoader } from '../index/index-loader.ts';
import type { RecoveredCounts } from '../index/key-census.ts';
import type { SoughtKey } from '../index/sought-key.ts';
import { addressOf, slotOf } from '../log/address.ts';
import type { LogReader } from '../log/log-reader.ts';
import type { SegmentTable } from '../segment/segment-table.ts';

/** Bytes of a segment, from its first, and views of them. */
export interface SegmentImage {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
}

/** What a checkpoint states of itself. */
export interface ExpectedCheckpoint extends RecoveredCounts {
  readonly cellCount: number;
  readonly isPartial: number;
}

/** Words of a record. */
const HASH = 4;
const PREVIOUS = 5;
/** A cell's word, where there is none. */
const NOWHERE = -1;
const WORD = 2 ** 32;
const UNITS_MASK = 2 ** (SLOT_LOG2 - UNIT_LOG2) - 1;
/** Of the first word of a record. */
const UNITS_OF_RECORD = 0xffff;
/** Records that are looked ahead at. */
const GROUP = 32;

export function segmentImage(bytes: Uint8Array): SegmentImage {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  return { bytes, words, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

export class IndexBuilder {
  readonly #loader: IndexLoader;
  readonly #reader: LogReader;
  readonly #sought: SoughtKey;
  readonly #segments: SegmentTable;
  /** Units of records that are not the newest of their keys, by slot. */
  readonly #garbage: Int32Array;
  #deletedKeys = 0;
  #keysWithDeadline = 0;
  /** Deadlines by address; undefined if there are some that only the records know. */
  #deadlines: Map<number, number> | undefined = new Map();
  /** Mark of the keys of a checkpoint. */
  #loadedMark = 0;
  /** Keys of a checkpoint that have no cell; undefined if all have one. */
  #outside: number | undefined;
  #checkpointKeys = 0;
  /** Hash and mark of the chains that have met no cell, by the address of their newest record. */
  readonly #apart = new Map<number, number>();
  /** What was read only to have it closer; kept so that the reading is not thought to be of no use. */
  readonly #warmed = new Int32Array(1);

  constructor(loader: IndexLoader, parts: Pick<AssembledParts, 'reader' | 'index' | 'segments' | 'control'>) {
    this.#loader = loader;
    this.#reader = parts.reader;
    this.#sought = parts.index.sought;
    this.#segments = parts.segments;
    this.#garbage = parts.control.garbage;
  }

  get counts(): RecoveredCounts {
    const [keys, deletedKeys, keysWithDeadline] = [
      this.#loader.used + (this.#outside ?? 0),
      this.#deletedKeys,
      this.#keysWithDeadline,
    ];
    return { keys, deletedKeys, keysWithDeadline };
  }

  get deadlines(): Map<number, number> | undefined {
    return this.#deadlines;
  }

  /** Forgets everything. */
  clear(): void {
    this.#loader.clear();
    this.#garbage.fill(0);
    this.#apart.clear();
    this.#deletedKeys = 0;
    this.#keysWithDeadline = 0;
    this.#deadlines = new Map();
    this.#loadedMark = 0;
    this.#outside = undefined;
  }

  /** Makes room for `count` more keys. */
  expectMore(count: number): void {
    this.#loader.expect(this.#loader.used + count);
  }

  /** Says in the index's memory what lies in it. */
  finish(): void {
    this.#loader.finish();
  }

  /** Numbers that a checkpoint states of all keys up to its end; to be called before its cells are added. */
  expectCheckpoint({ keys, deletedKeys, keysWithDeadline, cellCount, isPartial }: ExpectedCheckpoint): void {
    this.#loader.expect(Math.min(keys, cellCount));
    this.#checkpointKeys = keys;
    this.#outside = isPartial === 1 ? 0 : undefined;
    this.#deletedKeys = deletedKeys;
    this.#keysWithDeadline = keysWithDeadline;
    this.#loadedMark = deletedKeys + keysWithDeadline === 0 ? 0 : Mark.isUnknown;
    if (keysWithDeadline > 0) this.#deadlines = undefined;
  }

  /** The garbage that a checkpoint states of the segment in `slot`. */
  expectGarbage(slot: number, units: number): void {
    this.#garbage[slot] = units;
  }

  /** Adds a cell of a checkpoint, whose key has no other. */
  addCell(hash: number, address: number): void {
    this.#loader.insert(hash, address, this.#loadedMark, 0);
  }

  /** Makes records, at `offsets` of the segment in `slot`, the newest of their keys. In log order. */
  take(slot: number, image: SegmentImage, offsets: readonly number[]): void {
    const { words } = image;
    const loader = this.#loader;
    const { cells } = loader;
    const slotBits = addressOf(slot, SEGMENT_HEADER_BYTES) & ~UNITS_MASK;
    for (let index = 0; index < offsets.length; index += 1) {
      if (index % GROUP === 0) this.#lookAhead(words, offsets, index);
      const offset = offsets[index]!;
      const at = offset >>> 2;
      const hash = words[at + HASH]!;
      const previous = words[at + PREVIOUS]!;
      const address = slotBits | (offset >>> UNIT_LOG2);
      const mark = markOf(words[at]!);
      let isShared = false;
      let cell = NOWHERE;
      for (let word = loader.start(hash); cells[word] !== 0; word = loader.after(word)) {
        if (cells[word] !== hash) continue;
        if (cells[word + 1] === previous) {
          cell = word;
          break;
        }
        isShared = true;
      }
      if (cell === NOWHERE && isShared) cell = this.#cellOfKey(image, offset, hash);
      const units = words[at]! & UNITS_OF_RECORD;
      if (cell === NOWHERE) {
        if (previous !== 0 && this.#outside !== undefined) this.#takeFromOutside(previous >>> 0);
        loader.insert(hash, address, mark, units);
      } else this.#countGarbage(cell);
      if ((mark | (cell === NOWHERE ? 0 : loader.markAt(cell))) !== 0) {
        this.#count(image, offset, address, mark, cell);
      }
      if (cell !== NOWHERE) loader.replace(cell, address, mark, units);
    }
  }

  /** Brings the cells of the next records' keys closer to the processor: many at once wait no longer than one. */
  #lookAhead(words: Int32Array, offsets: readonly number[], from: number): void {
    const end = Math.min(from + GROUP, offsets.length);
    let warmed = 0;
    for (let index = from; index < end; index += 1) {
      warmed ^= this.#loader.warm(words[(offsets[index]! >>> 2) + HASH]!);
    }
    this.#warmed[0] = warmed;
  }

  /** Whether a key of that hash has exactly that address. */
  holds(keyHash: number, address: number): boolean {
    const loader = this.#loader;
    const { cells } = loader;
    const hash = keyHash | 0;
    for (let word = loader.start(hash); cells[word] !== 0; word = loader.after(word)) {
      if (cells[word] === hash && cells[word + 1] === (address | 0)) return true;
    }
    return false;
  }

  /** Moves the cells of a checkpoint that lag behind records before its end. In log order, from its beginning on. */
  move(slot: number, { words }: SegmentImage, offsets: readonly number[]): void {
    const loader = this.#loader;
    const { cells } = loader;
    const apart = this.#apart;
    for (const offset of offsets) {
      const at = offset >>> 2;
      const hash = words[at + HASH]!;
      const previous = words[at + PREVIOUS]!;
      const address = addressOf(slot, offset) | 0;
      const mark = markOf(words[at]!);
      let cell = NOWHERE;
      for (let word = loader.start(hash); cells[word] !== 0; word = loader.after(word)) {
        if (cells[word] !== hash) continue;
        const found = cells[word + 1];
        if (found !== address && found !== previous) continue;
        cell = word;
        break;
      }
      apart.delete(previous);
      if (cell === NOWHERE) apart.set(address, (hash >>> 0) + mark * WORD);
      else loader.replace(cell, address, mark, words[at]! & UNITS_OF_RECORD);
    }
  }

  /** The record at `address`, of a key that had no cell, is replaced. It has no deadline, or its key would have one. */
  #takeFromOutside(address: number): void {
    this.#outside! -= 1;
    this.#garbage[slotOf(address)]! += this.#averageUnits(slotOf(address));
    if (this.#deletedKeys === 0) return;
    this.#reader.open(address);
    if (this.#reader.isDelete) this.#deletedKeys -= 1;
  }

  /** The end of a checkpoint is reached: what has met no cell is a new key, or one that had no cell. */
  endMoving(): void {
    for (const [address, hashAndMark] of this.#apart) {
      this.#loader.insert(hashAndMark | 0, address, Math.floor(hashAndMark / WORD), 0);
    }
    this.#apart.clear();
    if (this.#outside !== undefined) this.#outside = Math.max(0, this.#checkpointKeys - this.#loader.used);
  }

  /** The cell of a record's key, where cells have its hash and other addresses than the one that it replaces. */
  #cellOfKey({ bytes, view }: SegmentImage, offset: number, hash: number): number {
    const head = decodeRecordHead(view, offset);
    assert(head !== undefined, 'a record that checks out has a head');
    this.#sought.load(recordKey(bytes, offset, head));
    const loader = this.#loader;
    const { cells } = loader;
    for (let word = loader.start(hash); cells[word] !== 0; word = loader.after(word)) {
      if (cells[word] === hash && this.#reader.matches(cells[word + 1]! >>> 0)) return word;
    }
    return NOWHERE;
  }

  /** The record of a cell is about to be replaced. Of one that came from a checkpoint the size is guessed. */
  #countGarbage(cell: number): void {
    const slot = slotOf(this.#loader.cells[cell + 1]! >>> 0);
    this.#garbage[slot]! += this.#loader.unitsAt(cell) || this.#averageUnits(slot);
  }

  #averageUnits(slot: number): number {
    const { bytes, recordCount } = this.#segments.at(slot);
    return recordCount === 0 ? 0 : Math.floor(bytes / recordCount / UNIT_BYTES);
  }

  /** Counts that a record takes the place of the one of `cell`, if there is one. */
  #count({ view }: SegmentImage, offset: number, address: number, mark: number, cell: number): void {
    const deadlines = this.#deadlines;
    if (cell !== NOWHERE) {
      const replaced = this.#loader.cells[cell + 1]! >>> 0;
      const markBefore = this.#knownMark(cell, replaced);
      if ((markBefore & Mark.isDelete) !== 0) this.#deletedKeys -= 1;
      if ((markBefore & Mark.hasDeadline) !== 0) {
        this.#keysWithDeadline -= 1;
        deadlines?.delete(replaced);
      }
    }
    if ((mark & Mark.isDelete) !== 0) this.#deletedKeys += 1;
    if ((mark & Mark.hasDeadline) !== 0) {
      this.#keysWithDeadline += 1;
      deadlines?.set(address >>> 0, getUint64(view, offset + RECORD_HEADER_BYTES));
    }
  }

  /** What is to be known of the record of a cell; of one that came from a checkpoint the record itself is asked. */
  #knownMark(cell: number, address: number): number {
    const mark = this.#loader.markAt(cell);
    if ((mark & Mark.isUnknown) === 0) return mark;
    this.#reader.open(address);
    const { isDelete, expiresAt } = this.#reader.counted;
    return (isDelete ? Mark.isDelete : 0) | (expiresAt === undefined ? 0 : Mark.hasDeadline);
  }
}

/** Mark of the record whose first word is `first`. A delete has no deadline. */
function markOf(first: number): number {
  const isDelete = ((first >>> 16) & 0xff) === RecordType.delete;
  if (isDelete) return Mark.isDelete;
  return ((first >>> 24) & RecordFlag.expires) === 0 ? 0 : Mark.hasDeadline;
}
