/**
 * The newest record of every key: hash table, census and ordered keys kept in step.
 */
import { copyBytes } from '@htkv/base';

import type { LogReader, RecordPlace } from '../log/log-reader.ts';
import { recordKey, RecordType, type RecordHead } from '../format/record.ts';
import { HashIndex, type KeyMatcher } from './hash-index.ts';
import { KeyCensus } from './key-census.ts';
import { keyHash } from './key-hash.ts';
import { OrderedKeys, type KeyRange } from './ordered-keys.ts';

export class KeyIndex implements KeyMatcher {
  readonly #reader: LogReader;
  readonly #seed: number;
  readonly #table: HashIndex;
  readonly #census = new KeyCensus();
  #ordered: OrderedKeys | undefined;
  /** The key of the running look-up. */
  #sought: Uint8Array = new Uint8Array();

  constructor(reader: LogReader, seed: number, loadFactor?: number) {
    this.#reader = reader;
    this.#seed = seed;
    this.#table = new HashIndex(loadFactor);
  }

  /** Bytes of the hash table. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** Keys in the index, deleted ones included. */
  get keys(): number {
    return this.#table.size;
  }

  hash(key: Uint8Array): number {
    return keyHash(key, this.#seed);
  }

  /** Keys that a reader sees at `now`. O(keys with a deadline). */
  liveKeys(now: number): number {
    return this.#table.size - this.#census.deletes - this.#census.expired(now);
  }

  matches(address: number): boolean {
    return this.#reader.holdsKey(address, this.#sought);
  }

  /** Address of the newest record of `key`, 0 if it has none. */
  find(key: Uint8Array, hash: number = this.hash(key)): number {
    this.#sought = key;
    const cell = this.#table.find(hash, this);
    return cell < 0 ? 0 : this.#table.addressAt(cell);
  }

  /** Makes the record at `address` the newest of its key, whose newest was `head.previous`. */
  advance(address: number, head: RecordHead, key: Uint8Array): void {
    const hash = head.keyHash | 0;
    if (head.previous === 0) {
      this.#table.insert(hash, address);
      this.#ordered?.add(copyBytes(key));
    } else {
      let cell = this.#table.findAddress(hash, head.previous);
      if (cell < 0) {
        this.#sought = key;
        cell = this.#table.find(hash, this);
      }
      if (cell < 0) {
        this.#table.insert(hash, address);
        this.#ordered?.add(copyBytes(key));
      } else {
        this.#census.leave(this.#table.addressAt(cell));
        this.#table.update(cell, address);
      }
    }
    this.#census.enter(address, head.type === RecordType.delete, head.expiresAt);
  }

  /** Undoes {@link advance} of a record that is taken back, newest first. */
  retreat(address: number, head: RecordHead): void {
    const cell = this.#table.findAddress(head.keyHash | 0, address);
    this.#census.leave(address);
    this.#table.update(cell, head.previous);
    if (head.previous === 0) return;
    const before = this.#reader.read(head.previous).head;
    this.#census.enter(head.previous, before.type === RecordType.delete, before.expiresAt);
  }

  /** Up to `limit` keys of the range that have ever been written, in order. Borrowed. */
  collect(range: KeyRange, reverse: boolean, limit: number): Uint8Array[] {
    this.#ordered ??= this.#buildOrdered();
    return this.#ordered.collect(range, reverse, limit);
  }

  #buildOrdered(): OrderedKeys {
    const ordered = new OrderedKeys();
    for (const address of this.#table.addresses()) {
      const place: RecordPlace = this.#reader.read(address);
      ordered.add(copyBytes(recordKey(place.bytes, place.offset, place.head)));
    }
    return ordered;
  }
}
