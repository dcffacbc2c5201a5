/** All records of a store in the order of their keys, tombstones included, keys a few at a time. */
import type { SnapshotRecord } from '@htkv/state';
import type { LogStore, StoredEntry } from '@htkv/storage';

import { entryOf } from './entry-of.ts';
import { checkRange, rangeBehind } from './range.ts';

/** Keys that are looked up at a time. */
const KEYS_PER_STEP = 256;

/**
 * Each record is what `read` says of its key, which decides of which moment it is. Throws what reading throws, and
 * `STORAGE_BUSY`.
 */
export function* storedRecords(
  store: Pick<LogStore, 'collectKeys'>,
  read: (key: Uint8Array) => StoredEntry | undefined,
): Generator<SnapshotRecord, void, undefined> {
  const all = checkRange();
  let range = all.keys;
  for (;;) {
    const keys = store.collectKeys(range, false, KEYS_PER_STEP);
    for (const key of keys) {
      const entry = read(key);
      // A key whose only write was taken back is still in order, and has no record.
      if (entry === undefined) continue;
      const { deleted, version, timestamp } = entry;
      yield [key.slice(), deleted ? { deleted, version, timestamp } : entryOf(entry)];
    }
    if (keys.length < KEYS_PER_STEP) return;
    range = rangeBehind(all, keys.at(-1)!);
  }
}
