/**
 * What a snapshot holds, added up record by record by who writes it and by who reads it: counts, digests, and that
 * the keys ascend.
 */

import { assert, compareBytes, copyBytes } from '@htkv/base';

import { RecordDigest } from './digest.ts';
import type { Entry, Tombstone } from './entry.ts';
import type { SnapshotTotals } from './snapshot-frame.ts';

export class TotalsCounter {
  readonly #entriesDigest = new RecordDigest();
  readonly #tombstonesDigest = new RecordDigest();
  #entries = 0;
  #tombstones = 0;
  #previousKey: Uint8Array | undefined;

  /** Whether `key` comes behind all keys that were counted. */
  isInOrder(key: Uint8Array): boolean {
    return this.#previousKey === undefined || compareBytes(this.#previousKey, key) < 0;
  }

  count(key: Uint8Array, record: Entry | Tombstone): void {
    assert(this.isInOrder(key), 'the keys of a snapshot ascend');
    this.#previousKey = copyBytes(key);
    if ('deleted' in record) {
      this.#tombstones += 1;
      this.#tombstonesDigest.addTombstone(key, record);
    } else {
      this.#entries += 1;
      this.#entriesDigest.addEntry(key, record);
    }
  }

  finish(): SnapshotTotals {
    return {
      entries: this.#entries,
      tombstones: this.#tombstones,
      entriesDigest: this.#entriesDigest.toHex(),
      tombstonesDigest: this.#tombstonesDigest.toHex(),
    };
  }
}
