/**
 * The order of the keys: a radix tree that all threads share, and how it comes to know the keys.
 *
 * Writing does not touch it. The first range query builds it from the hash index; from then on it trails the log:
 * a query, and in small bursts whoever commits, walks over what was appended since and adds the keys that were new.
 * A leaf holds the address of some record of its key, at first the one that added it. Whether the key is there now is
 * the hash index's knowledge.
 *
 * Everything here happens in a turn. A word says that the tree is being changed: where a thread has died meanwhile,
 * the tree is built again when it is asked for next.
 *
 * ```
 * word 0            1          2                3                  4                 16 ...
 *      | is changed | is built | segment walked | bytes of it      | keys added then | nodes
 * ```
 */
import { CodedError } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { offsetOf, slotOf } from '../log/address.ts';
import type { LogReader } from '../log/log-reader.ts';
import type { LogPlace, LogWalk } from '../log/log-walk.ts';
import type { HashIndex } from './hash-index.ts';
import { isEmptyRange, type KeyRange } from './key-range.ts';
import { RadixTree } from './radix-tree/radix-tree.ts';
import { TreeCursor } from './radix-tree/tree-cursor.ts';
import { TREE_BYTES_MIN, TreeNodes } from './radix-tree/tree-nodes.ts';

const CHANGING = 0;
const BUILT = 1;
const SEGMENT = 2;
const OFFSET = 3;
const KEYS_ADDED = 4;

/** Bytes of the longest key. */
const KEY_BYTES_MAX = 65_535;
const NOTHING_STOPS = -1;

export class OrderedIndex {
  readonly #words: Int32Array;
  readonly #reader: LogReader;
  readonly #walk: LogWalk;
  readonly #table: HashIndex;
  readonly #control: ControlBlock;
  readonly #tree: RadixTree;
  readonly #cursor: TreeCursor;
  readonly #key = new Uint8Array(KEY_BYTES_MAX);
  readonly #one = new Int32Array(1);
  /** The items that {@link collect} found: words of the tree. */
  #slots = new Int32Array(256);

  /** `memory` is zeroed, and all that the tree can ever take; without any, there is no order. */
  constructor(memory: Int32Array, reader: LogReader, walk: LogWalk, table: HashIndex, control: ControlBlock) {
    this.#words = memory;
    this.#reader = reader;
    this.#walk = walk;
    this.#table = table;
    this.#control = control;
    const nodes = new TreeNodes(memory);
    this.#tree = new RadixTree(nodes, reader);
    this.#cursor = new TreeCursor(this.#tree, reader);
  }

  /** Bytes of memory that the tree has taken; 0 while nobody has asked for a range. */
  get bytes(): number {
    return this.#isBuilt ? this.#tree.nodes.bytesTaken : 0;
  }

  /** A record of the key at `index` of what was collected; perhaps not the newest. */
  addressAt(index: number): number {
    return this.#words[this.#slots[index]!]! >>> 0;
  }

  /** Notes that the key at `index` of what was collected has a newer record at `address`. One store. */
  renew(index: number, address: number): void {
    this.#words[this.#slots[index]!] = address | 0;
  }

  /**
   * Finds up to `limit` keys of the range that have ever been written, in order, and returns how many; they are asked
   * for by {@link addressAt} in the same turn. O(key + result) and what was appended since the last time; O(keys) the
   * first time. Throws `STORAGE_NOT_ORDERED`, `STORAGE_ORDER_FULL` and what reading records throws.
   */
  collect(range: KeyRange, reverse: boolean, limit: number): number {
    this.#requireOrder();
    if (limit === 0 || isEmptyRange(range)) return 0;
    this.#catchUp(Number.POSITIVE_INFINITY);
    const most = Math.min(limit, this.#control.get(Field.keysAdded));
    if (this.#slots.length < most) this.#slots = new Int32Array(most);
    const cursor = this.#cursor;
    if (reverse) {
      const stop = this.#seekLower(range) ? this.#neighbour(true) : NOTHING_STOPS;
      this.#seekUpper(range);
      return cursor.backward(this.#slots, most, stop);
    }
    const stop = this.#seekUpper(range) ? this.#neighbour(false) : NOTHING_STOPS;
    this.#seekLower(range);
    return cursor.forward(this.#slots, most, stop);
  }

  /** Adds some of the keys that were appended since the last time, if anybody has ever asked for a range. */
  follow(items: number): void {
    if (!this.#isBuilt) return;
    try {
      this.#catchUp(items);
    } catch (error) {
      // The next query meets it again, and whoever asks is told.
      if (!(error instanceof CodedError)) throw error;
    }
  }

  /** The record of `key` at `from` is about to go; the one at `to` is as good. */
  repoint(key: Uint8Array, from: number, to: number): void {
    if (!this.#isBuilt) return;
    this.#orGiveUp(() => {
      // Who added the key has to be seen before it is gone.
      if (this.#isAhead(from)) this.#catchUp(Number.POSITIVE_INFINITY);
      this.#tree.repoint(key, from, to);
    });
  }

  /** `key` has left the hash index; its records are still there to be read. */
  remove(key: Uint8Array): void {
    if (!this.#isBuilt) return;
    this.#orGiveUp(() => {
      this.#catchUp(Number.POSITIVE_INFINITY);
      this.#change(() => this.#tree.remove(key));
    });
  }

  /** Nothing that the tree says can be relied on: the next query builds it again. */
  forget(): void {
    if (this.#words.length > 0) this.#words[BUILT] = 0;
  }

  /** The record of `key` at `address` is being taken back; it replaced the one at `previous`, 0 for none. */
  retreat(address: number, key: Uint8Array, previous: number): void {
    if (!this.#isBuilt) return;
    if (previous === 0) this.#change(() => this.#tree.removeAt(key, address));
    else this.#tree.repoint(key, address, previous);
    // What is appended in its place has to be walked over. Only of the last segment is anything taken back.
    const { segmentId, offset } = this.#walk.writtenEnd;
    if (segmentId === this.#place.segmentId && offset < this.#words[OFFSET]!) this.#words[OFFSET] = offset;
  }

  /** A thread has died, and may have left the tree half changed. */
  repair(): void {
    if (this.#words[CHANGING] === 0) return;
    this.#words[BUILT] = 0;
    this.#words[CHANGING] = 0;
  }

  get #isBuilt(): boolean {
    if (this.#words.length === 0) return false;
    if (this.#words[CHANGING] !== 0) this.repair();
    return this.#words[BUILT] === 1;
  }

  #requireOrder(): void {
    if (this.#words.length > 0) return;
    throw new CodedError('STORAGE_NOT_ORDERED', 'the store was opened without the order of its keys');
  }

  /** Moves the cursor to the range's lower bound; false if it has none. */
  #seekLower({ lower, lowerInclusive }: KeyRange): boolean {
    if (lower === undefined) this.#cursor.seekFirst();
    else this.#cursor.seek(lower, !lowerInclusive);
    return lower !== undefined;
  }

  #seekUpper({ upper, upperInclusive }: KeyRange): boolean {
    if (upper === undefined) this.#cursor.seekLast();
    else this.#cursor.seek(upper, upperInclusive);
    return upper !== undefined;
  }

  /** The item beside the cursor. */
  #neighbour(isBefore: boolean): number {
    const count = isBefore
      ? this.#cursor.backward(this.#one, 1, NOTHING_STOPS)
      : this.#cursor.forward(this.#one, 1, NOTHING_STOPS);
    return count === 0 ? NOTHING_STOPS : this.#one[0]!;
  }

  get #place(): LogPlace {
    return { segmentId: this.#words[SEGMENT]! >>> 0, offset: this.#words[OFFSET]! };
  }

  /** Whether the walk has not come to the record at `address` yet. */
  #isAhead(address: number): boolean {
    const { segmentId, offset } = this.#walk.placeOf(slotOf(address), offsetOf(address));
    const walked = this.#place;
    return segmentId > walked.segmentId || (segmentId === walked.segmentId && offset >= walked.offset);
  }

  #catchUp(items: number): void {
    if (!this.#isBuilt) {
      if (items === Number.POSITIVE_INFINITY) this.#build();
      return;
    }
    if (this.#words[KEYS_ADDED] === (this.#control.get(Field.keysAdded) | 0)) {
      this.#change(() => this.#note(this.#walk.end));
      return;
    }
    const reached = this.#change(() => {
      const place = this.#walk.newKeys(this.#place, items, (address) => this.#add(address));
      if (place !== undefined) this.#note(place);
      return place;
    });
    if (reached === undefined) this.#build();
  }

  /** The tree knows every key that the log had added at a place. */
  #note({ segmentId, offset }: LogPlace): void {
    const words = this.#words;
    const end = this.#walk.end;
    words[SEGMENT] = segmentId | 0;
    words[OFFSET] = offset;
    if (segmentId !== end.segmentId || offset !== end.offset) return;
    words[KEYS_ADDED] = this.#control.get(Field.keysAdded) | 0;
  }

  #build(): void {
    const words = this.#words;
    words[BUILT] = 0;
    this.#tree.nodes.clear();
    for (const address of this.#table.addresses()) this.#add(address);
    this.#note(this.#walk.end);
    words[BUILT] = 1;
  }

  #add(address: number): void {
    const reader = this.#reader;
    reader.open(address);
    const { image, keyStart, keyLength } = reader;
    const key = this.#key;
    for (let index = 0; index < keyLength; index += 1) key[index] = image[keyStart + index]!;
    this.#tree.insert(key, keyLength, address);
  }

  /** Runs a step for somebody whom no failure of the order may hold up: the next query then builds the tree again. */
  #orGiveUp(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#words[BUILT] = 0;
    }
  }

  /** Runs a step that leaves the tree whole where it fails with a code. */
  #change<Result>(step: () => Result): Result {
    const words = this.#words;
    words[CHANGING] = 1;
    try {
      return step();
    } catch (error) {
      if (!(error instanceof CodedError)) words[BUILT] = 0;
      throw error;
    } finally {
      words[CHANGING] = 0;
    }
  }
}

/** Bytes to allocate for a tree that may take `bytes`: none, or enough for a node of each kind. */
export function orderedBytes(bytes: number): number {
  return bytes === 0 ? 0 : Math.max(TREE_BYTES_MIN, bytes);
}
