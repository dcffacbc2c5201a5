/** All records of a store in the order of their keys, tombstones included. */
import { compareBytes, type SnapshotRecord } from '@htkv/state';
import type { LogStore, StoredEntry } from '@htkv/storage';

import { entryOf } from './entry-of.ts';

/**
 * Each record is what `read` says of its key, which decides of which moment it is. Throws what reading throws, and
 * `STORAGE_BUSY`.
 */
export function* storedRecords(
  store: Pick<LogStore, 'allKeys'>,
  read: (key: Uint8Array) => StoredEntry | undefined,
): Generator<SnapshotRecord, void, undefined> {
  // Also for a store that keeps no order.
  for (const key of store.allKeys().sort(compareBytes)) {
    const entry = read(key);
    // A key whose only write was taken back meanwhile has no record.
    if (entry === undefined) continue;
    const { deleted, version, timestamp } = entry;
    yield [key, deleted ? { deleted, version, timestamp } : entryOf(entry)];
  }
}
