/** A copy of everything that a store holds, tombstones included, as the state machine would hold it in memory. */
import { KvState } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import { storedRecords } from './stored-records.ts';

/** Of one moment, whichever threads write. O(store). Throws what reading throws, and `STORAGE_BUSY`. */
export function copyState(store: LogStore): KvState {
  return store.exclusively(() => copyRecords(store));
}

function copyRecords(store: LogStore): KvState {
  const state = new KvState();
  for (const [key, record] of storedRecords(store, (each) => store.read(each))) {
    state.insertSnapshot(key, record);
  }
  return state;
}
