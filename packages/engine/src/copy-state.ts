/** A copy of everything that a store holds, tombstones included, as the state machine would hold it in memory. */
import { KvState, type Entry } from '@htkv/state';
import type { LogStore, StoredEntry } from '@htkv/storage';

import { checkRange } from './range.ts';

/** Of one moment, whichever threads write. O(store). Throws what reading throws, and `STORAGE_BUSY`. */
export function copyState(store: LogStore): KvState {
  return store.exclusively(() => copyRecords(store));
}

function copyRecords(store: LogStore): KvState {
  const state = new KvState();
  for (const key of store.collectKeys(checkRange().keys, false, Number.MAX_SAFE_INTEGER)) {
    const entry = store.read(key);
    // A key whose only write was taken back is still in order, and has no record.
    if (entry === undefined) continue;
    const { deleted, version, timestamp, expiresAt, value } = entry;
    state.insertSnapshot(
      key,
      deleted ? { deleted, version, timestamp } : { value, version, timestamp, expiresAt },
    );
  }
  return state;
}

/** What readers get of a record that is no delete. */
export function entryOf({ value, version, timestamp, expiresAt }: StoredEntry): Entry {
  return expiresAt === undefined ? { value, version, timestamp } : { value, version, timestamp, expiresAt };
}
