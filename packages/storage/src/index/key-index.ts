/**
 * The newest record of every key: hash table, census and order of the keys kept in step.
 *
 * Any thread looks up; the one that may write makes records the newest of their keys, in two steps: what the census
 * says of it is staged with the append, and {@link KeyIndex.point} comes after the append is published.
 */
import type { ControlBlock } from '../control/control-block.ts';
import type { ControlMemory } from '../control/shared-memory.ts';
import { RecordType, type RecordHead } from '../format/record.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import { slotOf } from '../log/address.ts';
import type { LogReader } from '../log/log-reader.ts';
import type { ColdKeys } from './cold-keys.ts';
import type { HashIndex } from './hash-index.ts';
import { countedRecord, KeyCensus, type CountedRecord, type RecoveredCounts } from './key-census.ts';
import type { KeyRange } from './key-range.ts';
import type { OrderedIndex } from './ordered-index.ts';
import type { SoughtKey } from './sought-key.ts';

/** Items of the log that are walked over with a commit: half a millisecond at most, where all of them are new keys. */
const ITEMS_PER_BURST = 1024;

export class KeyIndex {
  readonly #reader: LogReader;
  readonly #sought: SoughtKey;
  readonly #table: HashIndex;
  readonly #control: ControlBlock;
  readonly #census: KeyCensus;
  readonly #ordered: OrderedIndex;
  /** What the last look-up found, and what it was; undefined once the index has changed. */
  #found: number | undefined;
  #foundRecord: CountedRecord | undefined;
  #foundBytes = 0;
  readonly #garbage: Int32Array;
  /** Keys that have left the hash table; undefined where none ever does. */
  readonly cold: ColdKeys | undefined;
  /** Bytes of records that this thread has replaced, ever. */
  garbageMade = 0;

  constructor(
    reader: LogReader,
    sought: SoughtKey,
    table: HashIndex,
    ordered: OrderedIndex,
    { block: control, garbage }: Pick<ControlMemory, 'block' | 'garbage'>,
    cold?: ColdKeys,
  ) {
    this.cold = cold;
    this.#ordered = ordered;
    this.#garbage = garbage;
    this.#reader = reader;
    this.#sought = sought;
    this.#table = table;
    this.#control = control;
    this.#census = new KeyCensus(control);
  }

  /** The key that was looked up last. */
  get sought(): SoughtKey {
    return this.#sought;
  }

  /** The hash table, for who copies it. */
  get table(): HashIndex {
    return this.#table;
  }

  /** Bytes of the order of the keys, 0 while nobody has asked for a range. */
  get orderedBytes(): number {
    return this.#ordered.bytes;
  }

  /** Bytes of the hash table. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** Keys in the index, deleted ones included. */
  get keys(): number {
    return this.#census.keys;
  }

  /** Addresses of the newest records of all keys, in no order; in this thread's turn. */
  *addresses(): Generator<number, void, undefined> {
    yield* this.#table.addresses();
    if (this.cold === undefined) return;
    yield* this.cold.addresses((key) => {
      this.#sought.load(key);
      return this.#table.find(this.#sought.hash, this.#reader) !== 0;
    });
  }

  /** Keys that the hash table does not have. */
  get coldKeys(): number {
    return this.cold?.isAnyMissing === true ? Math.max(0, this.keys - this.#table.cellsWithKeys) : 0;
  }

  /** Hash of the key that was looked up last. */
  get soughtHash(): number {
    return this.#sought.hash;
  }

  /** Whether `count` more keys fit for certain. */
  hasRoomFor(count: number): boolean {
    return this.#table.hasRoomFor(count);
  }

  /** Keys that a reader sees at `now`. O(keys with a deadline), O(keys) after another thread changed those. */
  liveKeys(now: number): number {
    return this.#census.live(now, () => this.#deadlines());
  }

  /** Addresses of the newest records whose deadline was at `time` or before. In this thread's turn; as {@link liveKeys}. */
  overdue(time: number): Iterable<number> {
    return this.#census.overdue(time, () => this.#deadlines());
  }

  /** Address of the newest record of `key`, on which the reader then stands; 0 if it has none. Any thread. */
  find(key: Uint8Array): number {
    this.#sought.load(key);
    this.#found = undefined;
    const address = this.#table.find(this.#sought.hash, this.#reader);
    return address !== 0 || this.cold === undefined ? address : this.#findCold(key, this.cold);
  }

  /** As {@link find}; a key that has left the hash table comes back first. Throws `STORAGE_BUSY` too. */
  #findCold(key: Uint8Array, cold: ColdKeys): number {
    for (;;) {
      const { epoch } = cold;
      const address = this.#table.find(this.#sought.hash, this.#reader);
      if (address !== 0) return address;
      if (cold.mayHold(this.#sought.hash, epoch)) {
        if (!cold.inTurn(() => this.#returns(key, cold))) return 0;
      } else if (cold.epoch === epoch) return 0;
    }
  }

  /** Whether the key is in the hash table, or has just come back to it. In a turn. */
  #returns(key: Uint8Array, cold: ColdKeys): boolean {
    // A turn may begin with repair, which seeks keys of its own.
    this.#sought.load(key);
    const { hash } = this.#sought;
    if (this.#table.find(hash, this.#reader) !== 0) return true;
    const address = cold.resolve(hash, key);
    return address !== 0 && this.#table.insert(hash, address, this.#reader);
  }

  /** As {@link find}, for a thread that may write: what it found is kept for {@link findAgain}. */
  findForWriting(key: Uint8Array): number {
    const address = this.find(key);
    this.#found = address;
    this.#foundRecord = address === 0 ? undefined : this.#reader.counted;
    this.#foundBytes = address === 0 ? 0 : this.#reader.bytes;
    return address;
  }

  /** As {@link findForWriting}, which may have been asked for the same key just now: its bytes are unchanged since. */
  findAgain(key: Uint8Array): number {
    return this.#found !== undefined && key === this.#sought.key ? this.#found : this.findForWriting(key);
  }

  /** Forgets the last look-up: others may have written since. */
  forget(): void {
    this.#found = undefined;
  }

  /** Stages what the census says when `head` at `address` takes the place of the record that was found last. */
  stage(address: number, head: RecordHead): void {
    this.#census.stage(address, countedHead(head), this.#found ?? 0, this.#foundRecord);
  }

  /** Makes the record at `address`, which is part of the log, the newest of the sought key, whose newest is `previous`. */
  point(address: number, previous: number): void {
    const replacedBytes = this.#found === previous ? this.#foundBytes : 0;
    this.#found = undefined;
    if (previous !== 0) {
      this.#countGarbage(previous, replacedBytes);
      this.#table.replace(this.#sought.hash, previous, address);
      return;
    }
    this.#table.insert(this.#sought.hash, address, this.#reader);
  }

  /** Begins with what recovery has counted; see {@link KeyCensus.restore}. */
  restore(counts: RecoveredCounts, deadlines: Map<number, number> | undefined): void {
    this.#census.restore(counts, deadlines);
  }

  /** Whether the record at `address` is the newest of its key. */
  isNewest(keyHash: number, address: number): boolean {
    return this.#table.holds(keyHash | 0, address);
  }

  /** As {@link isNewest}, also of a key that has left the index. In this thread's turn. Throws as reading does. */
  isNewestOfKey(keyHash: number, address: number): boolean {
    if (this.isNewest(keyHash, address)) return true;
    if (this.cold === undefined) return false;
    this.#reader.open(address);
    return this.find(this.#reader.copyKey()) === address;
  }

  /** As `HashIndex.warm`. */
  warm(keyHash: number): number {
    return this.#table.warm(keyHash);
  }

  /** Stages what the census says when the newest record of a key, at `from`, has been copied to `to`. */
  stageMove(from: number, to: number, head: RecordHead, copied: RecordHead = head): void {
    this.#census.stage(to, countedHead(copied), from, countedHead(head));
  }

  /** Makes the copy at `to`, which is part of the log, the newest of the key whose newest was at `from`. */
  move(keyHash: number, from: number, to: number, bytes: number): void {
    this.#found = undefined;
    this.#countGarbage(from, bytes);
    this.#table.replace(keyHash | 0, from, to);
  }

  /** Stages what the census says when the key whose newest record is at `address` leaves the index. */
  stageDrop(address: number, head: RecordHead): void {
    this.#census.stage(0, undefined, address, countedHead(head));
  }

  /** The key whose newest record, which no reader sees, is at `address` has none any more. */
  drop(keyHash: number, address: number): void {
    this.#found = undefined;
    this.#table.replace(keyHash | 0, address, 0);
  }

  /** Whether the newest record of `key` has its value in the file of `valueId`. In this thread's turn. */
  refersTo(key: Uint8Array, valueId: number): boolean {
    if (this.find(key) === 0) return false;
    const head = this.#reader.head();
    return head.separated && this.#reader.pointer(head).valueId === valueId;
  }

  /** Completes {@link point} for a thread that died before or after it. */
  ensure(address: number, head: RecordHead, key: Uint8Array): void {
    if (this.findForWriting(key) !== address) this.point(address, head.previous);
  }

  /**
   * Undoes {@link point} of a record that is taken back, newest first; the reader stands on it. Doing it twice does no
   * harm.
   */
  retreat(address: number, head: RecordHead): void {
    this.#found = undefined;
    this.#ordered.retreat(address, this.#reader.key(head), head.previous);
    let before: CountedRecord | undefined;
    if (head.previous !== 0) {
      this.#reader.open(head.previous);
      before = this.#reader.counted;
    }
    if (!this.#table.replace(head.keyHash | 0, address, head.previous)) return;
    this.#census.stage(head.previous, before, address, countedHead(head));
    this.#control.publish();
    if (head.previous !== 0) this.#countGarbage(head.previous, -this.#reader.bytes);
  }

  /** Finishes what a thread that died had begun. */
  repair(): void {
    this.#found = undefined;
    this.#table.repair();
    this.cold?.repair();
    this.#ordered.repair();
  }

  /**
   * Up to `limit` keys of the range that have ever been written, in order, owned by the caller. O(key + result) and
   * what was appended since the last time; O(keys) for the first call. Throws as {@link OrderedIndex.collect} does.
   */
  collect(range: KeyRange, reverse: boolean, limit: number): Uint8Array[] {
    const count = this.#ordered.collect(range, reverse, limit);
    const keys: Uint8Array[] = [];
    for (let index = 0; index < count; index += 1) {
      this.#reader.open(this.#ordered.addressAt(index));
      keys.push(this.#reader.copyKey());
    }
    return keys;
  }

  /** All keys in the index, deleted ones included, in no order; owned by the caller. O(keys). */
  allKeys(): Uint8Array[] {
    const keys: Uint8Array[] = [];
    for (const address of this.addresses()) {
      this.#reader.open(address);
      keys.push(this.#reader.copyKey());
    }
    return keys;
  }

  /** Lets the order of the keys come nearer to the log's end, if anybody has ever asked for a range. */
  followLog(): void {
    this.#ordered.follow(ITEMS_PER_BURST);
  }

  /**
   * The record of `key` at `from` is about to go, with its segment; the one at `to` says as much of the key. For every
   * record that goes, also the ones that were replaced. Nothing while nobody has asked for a range.
   */
  repoint(key: Uint8Array, from: number, to: number): void {
    this.#ordered.repoint(key, from, to);
  }

  /** Whether the order of the keys was asked for, and has to be told of records that go. */
  get isOrderKept(): boolean {
    return this.#ordered.bytes > 0;
  }

  /** A record goes of which nobody knows the key: the order of the keys is made anew when it is asked for. */
  forgetOrder(): void {
    this.#ordered.forget();
  }

  /** As {@link repoint}, of a record that is not the newest of its key. */
  repointToNewest(key: Uint8Array, from: number): void {
    const newest = this.find(key);
    if (newest !== 0) this.#ordered.repoint(key, from, newest);
  }

  /** `key` leaves the index, and the order of the keys too; before its records go. */
  removeKey(key: Uint8Array): void {
    this.#ordered.remove(key);
  }

  /** Counts all keys again. O(keys). */
  recount(): void {
    this.#census.recount(this.#counted());
  }

  #countGarbage(address: number, bytes: number): void {
    this.#garbage[slotOf(address)]! += bytes / UNIT_BYTES;
    this.garbageMade += bytes;
  }

  *#counted(): Generator<CountedRecord, void, undefined> {
    for (const address of this.addresses()) {
      this.#reader.open(address);
      yield this.#reader.counted;
    }
  }

  /** A key with a deadline does not leave the hash table. */
  *#deadlines(): Generator<[address: number, deadline: number], void, undefined> {
    for (const address of this.#table.addresses()) {
      this.#reader.open(address);
      const { expiresAt } = this.#reader;
      if (expiresAt !== undefined) yield [address, expiresAt];
    }
  }
}

function countedHead(head: RecordHead): CountedRecord {
  return countedRecord(head.type === RecordType.delete, head.expiresAt);
}
