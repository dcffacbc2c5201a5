/**
 * The state of an engine at one place of its commit order, for as long as somebody wants to read it. Taking one copies
 * nothing; while it is open, the versions that it shows keep their room on disk. An entry whose deadline had not come
 * when the snapshot was taken stays in it.
 *
 * Reads throw `ENGINE_SNAPSHOT_DISPOSED` once it is disposed, `ENGINE_CLOSED` once the engine is closed, and
 * `STORAGE_SNAPSHOT_REVOKED` if writes that it shows were taken back since for want of room.
 */
import { isExpired, type Entry } from '@htkv/state';
import type { KeyRange, StoredEntry, StoreSnapshot } from '@htkv/storage';

import { entryOf } from '../entry-of.ts';
import { snapshotDisposed } from '../failure.ts';
import { checkTarget, keyBytes, type BytesLike } from '../key-bytes.ts';
import type { KvSnapshot } from '../kv-reader.ts';
import { allKeyBytes } from '../many-input.ts';
import { checkRange, type RangeOptions } from '../range.ts';
import type { RangeReader } from '../range-reader.ts';
import { decodeText } from '../value-text.ts';
import { SnapshotRangeReader, type SnapshotRangeSource } from './snapshot-range-reader.ts';

const EMPTY = new Uint8Array();

/** What a snapshot needs of its engine. */
export interface SnapshotOwner {
  /** Throws `ENGINE_CLOSED`. */
  requireOpen(): void;
  collectKeys(range: KeyRange, reverse: boolean, limit: number): readonly Uint8Array[];
  /** Remembers that a reader has acted on time `now`. */
  noteTime(now: number): void;
}

export class Snapshot implements KvSnapshot {
  readonly #owner: SnapshotOwner;
  readonly #shot: StoreSnapshot;
  readonly #hasCome: (expiresAt: number) => boolean;
  /** Made when the first range is read: most transactions read none. */
  #ranges: SnapshotRangeSource | undefined;
  #isDisposed = false;
  #size: number | undefined;

  constructor(owner: SnapshotOwner, shot: StoreSnapshot) {
    this.#owner = owner;
    this.#shot = shot;
    this.#size = shot.liveKeys;
    this.#hasCome = (expiresAt) => {
      if (!isExpired({ expiresAt }, shot.takenAt)) return false;
      owner.noteTime(shot.takenAt);
      return true;
    };
  }

  /** Place in the commit order of the last write that it shows; 0 before the first. */
  get sequence(): number {
    return this.#shot.sequence;
  }

  /** The highest version of any write up to there; 0 before the first. */
  get version(): number {
    return this.#shot.highestVersion;
  }

  /** When it was taken, by the engine's clock; milliseconds since the epoch. */
  get timestamp(): number {
    return this.#shot.takenAt;
  }

  get size(): number {
    this.#requireOpen();
    this.#shot.requireWhole();
    return (this.#size ??= this.count());
  }

  get(key: BytesLike): Uint8Array | undefined {
    this.#requireOpen();
    return this.#shot.value(keyBytes(key), this.#hasCome);
  }

  getInto(key: BytesLike, target: Uint8Array, offset = 0): number | undefined {
    this.#requireOpen();
    checkTarget(target, offset);
    const length = this.#shot.valueInto(keyBytes(key), this.#hasCome, target, offset);
    return length < 0 ? undefined : length;
  }

  getString(key: BytesLike): string | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : decodeText(value);
  }

  getMany(keys: Iterable<BytesLike>): (Uint8Array | undefined)[] {
    return allKeyBytes(keys).map((key) => this.get(key));
  }

  has(key: BytesLike): boolean {
    return this.#liveHead(keyBytes(key)) !== undefined;
  }

  getEntry(key: BytesLike): Entry | undefined {
    const found = this.#liveEntry(keyBytes(key));
    return found === undefined ? undefined : entryOf(found);
  }

  getPrefix(prefix: BytesLike): [key: Uint8Array, value: Uint8Array][] {
    return this.entries({ prefix: keyBytes(prefix, 'prefix') }).toArray();
  }

  entries(range?: RangeOptions): RangeReader<[key: Uint8Array, value: Uint8Array]> {
    return this.#reader(range, (key, entry) => [key, entry.value]);
  }

  keys(range?: RangeOptions): RangeReader<Uint8Array> {
    return this.#reader(range, (key) => key);
  }

  values(range?: RangeOptions): RangeReader<Uint8Array> {
    return this.#reader(range, (_, entry) => entry.value);
  }

  versions(range?: RangeOptions): RangeReader<[key: Uint8Array, version: number]> {
    this.#requireOpen();
    const heads: SnapshotRangeSource = {
      ...this.#rangeSource,
      liveEntry: (key) => this.#liveHead(key),
    };
    return new SnapshotRangeReader(heads, checkRange(range), (key, { version }) => [key, version]);
  }

  /** Number of keys in a range; values are not read. O(keys of the range). */
  count(range?: RangeOptions): number {
    let count = 0;
    for (const _ of this.versions(range)) count += 1;
    return count;
  }

  /** Gives it back; what only it could see can be removed from then on. Idempotent. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#shot.release();
  }

  get #rangeSource(): SnapshotRangeSource {
    this.#ranges ??= {
      collectKeys: (range, reverse, limit) => {
        this.#requireOpen();
        const keys = this.#owner.collectKeys(range, reverse, limit);
        // What was taken back may have left no key that a read of its entry could fail for.
        this.#shot.requireWhole();
        return keys;
      },
      liveEntry: (key) => this.#liveEntry(key),
    };
    return this.#ranges;
  }

  #reader<Item>(
    range: RangeOptions | undefined,
    toItem: (key: Uint8Array, entry: StoredEntry) => Item,
  ): RangeReader<Item> {
    this.#requireOpen();
    return new SnapshotRangeReader(this.#rangeSource, checkRange(range), toItem);
  }

  #liveEntry(key: Uint8Array): StoredEntry | undefined {
    this.#requireOpen();
    const entry = this.#shot.entry(key);
    if (entry === undefined || entry.deleted) return undefined;
    return entry.expiresAt !== undefined && this.#hasCome(entry.expiresAt) ? undefined : entry;
  }

  /** As {@link #liveEntry}, with nothing for a value. */
  #liveHead(key: Uint8Array): StoredEntry | undefined {
    this.#requireOpen();
    const head = this.#shot.head(key);
    if (head === undefined || head.deleted) return undefined;
    return head.expiresAt !== undefined && this.#hasCome(head.expiresAt)
      ? undefined
      : { ...head, value: EMPTY };
  }

  #requireOpen(): void {
    this.#owner.requireOpen();
    if (this.#isDisposed) throw snapshotDisposed();
  }
}
