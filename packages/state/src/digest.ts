/**
 * A digest of a whole state, to tell whether two replicas hold the same: equal states have equal digests, and states
 * that differ by accident have different ones with overwhelming probability. It is no protection against somebody
 * who builds a collision on purpose.
 *
 * It is FNV-1a with 64 bits over all records in key order, entries first, then tombstones. A record is its kind (1
 * entry, 2 tombstone), version, timestamp, the length of the key and the key; an entry continues with its deadline,
 * the length of the value and the value. Kinds, lengths and numbers take eight bytes each, little-endian; a missing
 * deadline is eight bytes 0xff.
 *
 * Tombstones, and entries past their deadline, are dropped by every replica when it suits it. So the digest is
 * about entries, unless asked otherwise, and two replicas are compared with the same `now`.
 */

import type { Entry, Tombstone } from './entry.ts';
import { BEFORE_EVERY_DEADLINE } from './entry.ts';
import { Fnv64 } from './fnv64.ts';
import type { StateView } from './state-view.ts';

export interface DigestOptions {
  /** Entries that have expired by then do not count. `BEFORE_EVERY_DEADLINE` when left out: all entries count. */
  readonly now?: number | undefined;
  /** Whether tombstones count; `false` when left out. Meant for states that never drop one. */
  readonly tombstones?: boolean | undefined;
}

const KIND_ENTRY = 1;
const KIND_TOMBSTONE = 2;

/** The digest of `view` as 16 hexadecimal digits. O(bytes). */
export function digestState(view: StateView, options: DigestOptions = {}): string {
  const digest = new RecordDigest();
  for (const [key, entry] of view.entries(options.now ?? BEFORE_EVERY_DEADLINE)) digest.addEntry(key, entry);
  if (options.tombstones === true) {
    for (const [key, tombstone] of view.tombstones()) digest.addTombstone(key, tombstone);
  }
  return digest.toHex();
}

/** The digest of records that are added one by one, in the order that the format above asks for. */
export class RecordDigest {
  readonly #hash: Fnv64 = new Fnv64();

  addEntry(key: Uint8Array, entry: Entry): void {
    this.#addHead(KIND_ENTRY, key, entry);
    this.#hash.addInteger(entry.expiresAt);
    this.#hash.addInteger(entry.value.length);
    this.#hash.add(entry.value);
  }

  addTombstone(key: Uint8Array, tombstone: Tombstone): void {
    this.#addHead(KIND_TOMBSTONE, key, tombstone);
  }

  /** The digest so far as 16 hexadecimal digits. */
  toHex(): string {
    return this.#hash.toHex();
  }

  #addHead(kind: number, key: Uint8Array, record: Entry | Tombstone): void {
    this.#hash.addInteger(kind);
    this.#hash.addInteger(record.version);
    this.#hash.addInteger(record.timestamp);
    this.#hash.addInteger(key.length);
    this.#hash.add(key);
  }
}
