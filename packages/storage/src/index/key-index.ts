/**
 * The newest record of every key: hash table, census and ordered keys kept in step.
 */
import { copyBytes } from '@htkv/base';

import { RecordType, type RecordHead } from '../format/record.ts';
import type { LogReader } from '../log/log-reader.ts';
import type { HashIndex } from './hash-index.ts';
import { KeyCensus } from './key-census.ts';
import { OrderedKeys, type KeyRange } from './ordered-keys.ts';
import type { SoughtKey } from './sought-key.ts';

export class KeyIndex {
  readonly #reader: LogReader;
  readonly #sought: SoughtKey;
  readonly #table: HashIndex;
  readonly #census = new KeyCensus();
  #ordered: OrderedKeys | undefined;
  /** What the last look-up found; undefined once the index has changed. */
  #found: number | undefined;

  constructor(reader: LogReader, sought: SoughtKey, table: HashIndex) {
    this.#reader = reader;
    this.#sought = sought;
    this.#table = table;
  }

  /** Bytes of the hash table. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** Keys in the index, deleted ones included. */
  get keys(): number {
    return this.#table.size;
  }

  /** Hash of the key that was looked up last. */
  get soughtHash(): number {
    return this.#sought.hash;
  }

  /** Whether `count` more keys fit for certain. */
  hasRoomFor(count: number): boolean {
    return this.#table.hasRoomFor(count);
  }

  /** Keys that a reader sees at `now`. O(keys with a deadline). */
  liveKeys(now: number): number {
    return this.#table.size - this.#census.deletes - this.#census.expired(now);
  }

  /** Address of the newest record of `key`, on which the reader then stands; 0 if it has none. */
  find(key: Uint8Array): number {
    this.#sought.load(key);
    const address = this.#table.find(this.#sought.hash, this.#reader);
    this.#found = address;
    return address;
  }

  /** As {@link find}, which may have been asked for the same key just now: its bytes are unchanged since. */
  findAgain(key: Uint8Array): number {
    return this.#found !== undefined && key === this.#sought.key ? this.#found : this.find(key);
  }

  /** Makes the record at `address` the newest of the sought key, whose newest is `head.previous`. */
  advance(address: number, head: RecordHead): void {
    const { hash } = this.#sought;
    this.#found = undefined;
    if (head.previous === 0 ? this.#insert(address) : this.#table.replace(hash, head.previous, address)) {
      this.#census.leave(head.previous);
    } else {
      // Recovery may meet a record whose predecessor it has not seen, or one that names none.
      const known = this.#table.find(hash, this.#reader);
      if (known === 0) this.#insert(address);
      else this.#table.replace(hash, known, address);
      this.#census.leave(known);
    }
    this.#census.enter(address, head.type === RecordType.delete, head.expiresAt);
  }

  /** As {@link advance}, for a record of `key` that was read back from the log. */
  recover(address: number, head: RecordHead, key: Uint8Array): void {
    this.#sought.load(key);
    this.advance(address, head);
  }

  /** Undoes {@link advance} of a record that is taken back, newest first. */
  retreat(address: number, head: RecordHead): void {
    this.#found = undefined;
    this.#census.leave(address);
    this.#table.replace(head.keyHash | 0, address, head.previous);
    if (head.previous === 0) return;
    this.#reader.open(head.previous);
    const before = this.#reader.head();
    this.#census.enter(head.previous, before.type === RecordType.delete, before.expiresAt);
  }

  /** Up to `limit` keys of the range that have ever been written, in order. Borrowed. */
  collect(range: KeyRange, reverse: boolean, limit: number): Uint8Array[] {
    this.#ordered ??= this.#buildOrdered();
    return this.#ordered.collect(range, reverse, limit);
  }

  #insert(address: number): boolean {
    if (!this.#table.insert(this.#sought.hash, address, this.#reader)) return false;
    this.#ordered?.add(copyBytes(this.#sought.key));
    return true;
  }

  #buildOrdered(): OrderedKeys {
    const ordered = new OrderedKeys();
    for (const address of this.#table.addresses()) {
      this.#reader.open(address);
      ordered.add(copyBytes(this.#reader.key(this.#reader.head())));
    }
    return ordered;
  }
}
