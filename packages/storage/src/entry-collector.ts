/**
 * Entries of a range in one go: their addresses in order, then their headers, their cells of the hash index, their
 * bytes, each for many entries before the next. So the processor waits for many places of memory at once, where entry
 * by entry it would wait for one after the other.
 *
 * All of it happens in one turn: what was collected was the truth at one moment.
 */
import { CodedError } from '@htkv/base';

import { Word, type ControlMemory } from './control/shared-memory.ts';
import { Field } from './control/store-fields.ts';
import { RECORD_HEADER_BYTES, RecordFlag, recordLayout, RecordType } from './format/record.ts';
import type { HashIndex } from './index/hash-index.ts';
import type { KeyIndex } from './index/key-index.ts';
import type { KeyRange } from './index/key-range.ts';
import type { OrderedIndex } from './index/ordered-index.ts';
import type { LogReader } from './log/log-reader.ts';
import type { PageRing } from './log/page-ring.ts';

const KEY_BYTES = recordLayout.fields.keyBytes.offset / 4;
const KEY_HASH = recordLayout.fields.keyHash.offset / 4;
const VALUE_BYTES = recordLayout.fields.valueBytes.offset / 4;
const HEADER = RECORD_HEADER_BYTES / 4;

/** Entries that are looked at together. */
const GROUP = 64;
/** Words of a record that are likely to lie in its second and its third line of the cache. */
const SECOND_LINE = 64 / 4;
const THIRD_LINE = 128 / 4;

interface Parts {
  readonly ring: PageRing;
  readonly reader: LogReader;
  readonly index: KeyIndex;
  readonly table: HashIndex;
  readonly ordered: OrderedIndex;
  readonly control: ControlMemory;
}

/** What was collected. Keys and values are owned by the caller. */
export class CollectedEntries {
  readonly keys: Uint8Array[] = [];
  /** Where values were wanted: undefined for one that lies in a file of its own. */
  readonly values: (Uint8Array | undefined)[] = [];
  /** The last key that was looked at, whether or not it has an entry: where to go on. Undefined at the range's end. */
  lastKey: Uint8Array | undefined;
  /** There if an entry has one. */
  #deadlines: Float64Array | undefined;
  /** Hash and address of each. */
  readonly #cells: Int32Array;
  readonly #table: HashIndex;
  readonly #control: ControlMemory;
  readonly #flips: number;
  readonly #revocations: number;
  readonly #segmentsVersion: number;

  constructor(most: number, table: HashIndex, control: ControlMemory) {
    this.#cells = new Int32Array(most * 2);
    this.#table = table;
    this.#control = control;
    this.#flips = control.words[Word.flips]!;
    this.#revocations = control.block.get(Field.revocations);
    this.#segmentsVersion = control.block.get(Field.segmentsVersion);
  }

  get count(): number {
    return this.keys.length;
  }

  add(key: Uint8Array, value: Uint8Array | undefined, deadline: number, hash: number, address: number): void {
    const index = this.keys.length;
    this.keys.push(key);
    this.values.push(value);
    const cells = this.#cells;
    cells[index * 2] = hash;
    cells[index * 2 + 1] = address;
    if (deadline !== 0) this.#noteDeadline(index, deadline);
  }

  /** Milliseconds since the epoch; 0 for none. */
  deadlineAt(index: number): number {
    return this.#deadlines === undefined ? 0 : this.#deadlines[index]!;
  }

  /** Whether a reader would still find the entry at `index`, as it is here. False also where that is not certain. */
  isCurrent(index: number): boolean {
    const { words, block } = this.#control;
    if (Atomics.load(words, Word.flips) === this.#flips) return true;
    // Records do not change, but an address may become that of another one.
    if (block.peek(Field.revocations) !== this.#revocations) return false;
    if (block.peek(Field.segmentsVersion) !== this.#segmentsVersion) return false;
    return this.#table.holds(this.#cells[index * 2]!, this.#cells[index * 2 + 1]!);
  }

  #noteDeadline(index: number, deadline: number): void {
    this.#deadlines ??= new Float64Array(this.#cells.length / 2);
    this.#deadlines[index] = deadline;
  }
}

export class EntryCollector {
  readonly #parts: Parts;
  readonly #addresses = new Int32Array(GROUP);
  /** Words of the ring where records begin that are in memory; -1 for others. */
  readonly #places = new Int32Array(GROUP);
  readonly #hashes = new Int32Array(GROUP);
  /** What was read only to have it closer; kept so that the reading is not thought to be of no use. */
  readonly #warmed = new Int32Array(1);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Up to `limit` keys of the range are looked at; fewer where a record cannot be read, so that what comes before it is
   * given out. Throws what {@link OrderedIndex.collect} throws, and what reading the first record throws.
   */
  collect(range: KeyRange, reverse: boolean, limit: number, wantsValues: boolean): CollectedEntries {
    const { ordered, table, control } = this.#parts;
    const count = ordered.collect(range, reverse, limit);
    const entries = new CollectedEntries(count, table, control);
    for (let first = 0; first < count; first += GROUP) {
      const inGroup = Math.min(count - first, GROUP);
      this.#look(first, inGroup);
      for (let index = 0; index < inGroup; index += 1) {
        const start = index;
        while (index < inGroup && this.#places[index]! >= 0) index += 1;
        this.#take(entries, start, index, wantsValues);
        if (index < inGroup && !this.#canTakeSlowly(entries, first + index, wantsValues)) {
          return this.#endingAt(entries, first + index - 1);
        }
      }
    }
    return count > 0 && count === limit ? this.#endingAt(entries, count - 1) : entries;
  }

  /** `entries` with the key at `index` as the last that was looked at. */
  #endingAt(entries: CollectedEntries, index: number): CollectedEntries {
    const { ordered, reader } = this.#parts;
    reader.open(ordered.addressAt(index));
    entries.lastKey = reader.copyKey();
    return entries;
  }

  /** As {@link #takeSlowly}; false where a record that is not the first of all cannot be read. */
  #canTakeSlowly(entries: CollectedEntries, index: number, wantsValues: boolean): boolean {
    try {
      this.#takeSlowly(entries, index, wantsValues);
      return true;
    } catch (error) {
      if (index === 0 || !(error instanceof CodedError)) throw error;
      return false;
    }
  }

  /** Finds the records that are in memory and the newest of their keys. */
  #look(first: number, count: number): void {
    const { ordered, ring, table } = this.#parts;
    const { words } = ring;
    const addresses = this.#addresses;
    const places = this.#places;
    const hashes = this.#hashes;
    let warmed = 0;
    for (let index = 0; index < count; index += 1) {
      const address = ordered.addressAt(first + index);
      const at = ring.find(address);
      addresses[index] = address;
      places[index] = at < 0 ? -1 : at / 4;
    }
    for (let index = 0; index < count; index += 1) {
      const place = places[index]!;
      if (place < 0) continue;
      const hash = words[place + KEY_HASH]!;
      hashes[index] = hash;
      const third = Math.min(place + THIRD_LINE, words.length - 1);
      warmed ^= table.warm(hash) ^ words[place + SECOND_LINE]! ^ words[third]!;
    }
    this.#warmed[0] = warmed;
    table.holdAll(hashes, addresses, places, count);
  }

  /** Takes the entries from `first` to before `end` of the group: records in memory, the newest of their keys. */
  #take(entries: CollectedEntries, first: number, end: number, wantsValues: boolean): void {
    const { words, bytes } = this.#parts.ring;
    for (let index = first; index < end; index += 1) {
      const place = this.#places[index]!;
      const head = words[place]!;
      if (((head >>> 16) & 0xff) === RecordType.delete) continue;
      const flags = head >>> 24;
      const length = words[place + KEY_BYTES]! & 0xffff;
      let start = (place + HEADER) * 4;
      let deadline = 0;
      if ((flags & RecordFlag.expires) !== 0) {
        deadline = (words[place + HEADER]! >>> 0) + words[place + HEADER + 1]! * 2 ** 32;
        start += 8;
      }
      let value: Uint8Array | undefined;
      if (wantsValues && (flags & RecordFlag.separated) === 0) {
        const valueStart = start + ((length + 7) & ~7);
        value = bytes.slice(valueStart, valueStart + words[place + VALUE_BYTES]!);
      }
      const key = bytes.slice(start, start + length);
      entries.add(key, value, deadline, this.#hashes[index]!, this.#addresses[index]!);
    }
  }

  /** Takes an entry whose record is on disk, or of which the order knows an older record only. */
  #takeSlowly(entries: CollectedEntries, index: number, wantsValues: boolean): void {
    const { ordered, reader, table } = this.#parts;
    let address = ordered.addressAt(index);
    reader.open(address);
    const key = reader.copyKey();
    if (!table.holds(reader.keyHash, address)) {
      address = this.#parts.index.find(key);
      if (address === 0) return;
      ordered.renew(index, address);
    }
    if (reader.isDelete) return;
    const value = wantsValues && !reader.isSeparated ? reader.copyInlineValue() : undefined;
    entries.add(key, value, reader.expiresAt ?? 0, reader.keyHash, address);
  }
}
