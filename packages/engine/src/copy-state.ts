/** A copy of everything that a store holds, tombstones included, as the state machine would hold it in memory. */
import { errorCode, KvState } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import { viewNow } from './snapshot-view.ts';

/** Of one moment, whichever threads write meanwhile. O(store). Throws what reading throws, and `STORAGE_BUSY`. */
export function copyState(store: LogStore, now: number): KvState {
  for (;;) {
    const view = viewNow(store, now, () => undefined);
    try {
      const state = new KvState();
      for (const [key, record] of view.records()) state.insertSnapshot(key, record);
      return state;
    } catch (error) {
      // Another thread has found no room, and what was copied never was: what is there now is copied.
      if (errorCode(error) !== 'STORAGE_SNAPSHOT_REVOKED') throw error;
    } finally {
      view.release();
    }
  }
}
