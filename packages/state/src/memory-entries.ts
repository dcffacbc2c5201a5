/**
 * Records in memory, behind the port of the state machine and readable as a view. Every byte array is copied on the
 * way in and on the way out, so nobody shares a buffer with it.
 *
 * Lookups cost O(length of the key). Iterating sorts the keys again only if there are new ones since the last time.
 */

import { assert, compareBytes, copyBytes } from '@htkv/base';

import type { KeyBounds } from './command.ts';
import type { Entry, EntryHead, Tombstone } from './entry.ts';
import { BEFORE_EVERY_DEADLINE, isPresent } from './entry.ts';
import { keyText } from './key-text.ts';
import type { Mutation, StatePort } from './state-port.ts';
import type { StateView } from './state-view.ts';

/** Invariant: never changed once stored; a write replaces it. `value` is `undefined` exactly for tombstones. */
interface StoredRecord extends EntryHead {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export class MemoryEntries implements StatePort, StateView {
  readonly #records: Map<string, StoredRecord> = new Map();
  #size = 0;
  #latestVersion = 0;
  /** All keys in order, or `undefined` if keys were added since it was made. */
  #sortedTexts: readonly string[] | undefined = [];

  get size(): number {
    return this.#size;
  }

  latestVersion(): number {
    return this.#latestVersion;
  }

  head(key: Uint8Array): EntryHead | undefined {
    return this.#records.get(keyText(key));
  }

  *headsIn(range: KeyBounds): Generator<[key: Uint8Array, head: EntryHead], void, undefined> {
    for (const record of this.#sorted(({ key }) => isWithin(range, key))) yield [record.key, record];
  }

  commit(mutations: readonly Mutation[]): void {
    for (const mutation of mutations) this.#replace(mutation);
  }

  get(key: Uint8Array, now: number = BEFORE_EVERY_DEADLINE): Uint8Array | undefined {
    const record = this.#records.get(keyText(key));
    return isPresent(record, now) ? valueOf(record) : undefined;
  }

  has(key: Uint8Array, now: number = BEFORE_EVERY_DEADLINE): boolean {
    return isPresent(this.#records.get(keyText(key)), now);
  }

  getEntry(key: Uint8Array, now: number = BEFORE_EVERY_DEADLINE): Entry | undefined {
    const record = this.#records.get(keyText(key));
    return isPresent(record, now) ? entryOf(record) : undefined;
  }

  entries(now: number = BEFORE_EVERY_DEADLINE): IterableIterator<[key: Uint8Array, entry: Entry]> {
    return entriesOf(this.#sorted((record) => isPresent(record, now)));
  }

  tombstones(): IterableIterator<[key: Uint8Array, tombstone: Tombstone]> {
    return tombstonesOf(this.#sorted((record) => record.deleted));
  }

  #replace(mutation: Mutation): void {
    const text = keyText(mutation.key);
    const previous = this.#records.get(text);
    if (previous === undefined) this.#sortedTexts = undefined;
    this.#records.set(text, recordOf(mutation, previous?.key ?? copyBytes(mutation.key)));
    if (previous !== undefined && !previous.deleted) this.#size -= 1;
    if (mutation.type === 'set') this.#size += 1;
    if (mutation.version > this.#latestVersion) this.#latestVersion = mutation.version;
  }

  /** The records of this moment that `isWanted`, in key order. */
  #sorted(isWanted: (record: StoredRecord) => boolean): readonly StoredRecord[] {
    this.#sortedTexts ??= [...this.#records.keys()].toSorted();
    const wanted: StoredRecord[] = [];
    for (const text of this.#sortedTexts) {
      const record = this.#records.get(text);
      if (record !== undefined && isWanted(record)) wanted.push(record);
    }
    return wanted;
  }
}

function isWithin({ gt, gte, lt, lte }: KeyBounds, key: Uint8Array): boolean {
  if (gt !== undefined && compareBytes(key, gt) <= 0) return false;
  if (gte !== undefined && compareBytes(key, gte) < 0) return false;
  if (lt !== undefined && compareBytes(key, lt) >= 0) return false;
  return lte === undefined || compareBytes(key, lte) <= 0;
}

function recordOf(mutation: Mutation, key: Uint8Array): StoredRecord {
  const { version, timestamp } = mutation;
  if (mutation.type === 'delete') {
    return { key, value: undefined, version, timestamp, expiresAt: undefined, deleted: true };
  }
  const { value, expiresAt } = mutation;
  return { key, value: copyBytes(value), version, timestamp, expiresAt, deleted: false };
}

function valueOf(record: StoredRecord): Uint8Array {
  assert(record.value !== undefined, 'a present record has a value');
  return copyBytes(record.value);
}

function entryOf(record: StoredRecord): Entry {
  const { version, timestamp, expiresAt } = record;
  const value = valueOf(record);
  return expiresAt === undefined ? { value, version, timestamp } : { value, version, timestamp, expiresAt };
}

function* entriesOf(records: readonly StoredRecord[]): IterableIterator<[key: Uint8Array, entry: Entry]> {
  for (const record of records) yield [copyBytes(record.key), entryOf(record)];
}

function* tombstonesOf(
  records: readonly StoredRecord[],
): IterableIterator<[key: Uint8Array, tombstone: Tombstone]> {
  for (const { key, version, timestamp } of records)
    yield [copyBytes(key), { deleted: true, version, timestamp }];
}
