/** A copy of everything that a store holds, tombstones included, as the state machine would hold it in memory. */
import { compareBytes, KvState } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

/** O(store). Throws what reading throws. */
export function copyState(store: LogStore): KvState {
  const state = new KvState();
  for (const key of store.allKeys().sort(compareBytes)) {
    const entry = store.read(key);
    // The only write of a key may have been taken back meanwhile.
    if (entry === undefined) continue;
    const { deleted, version, timestamp, expiresAt, value } = entry;
    state.insertSnapshot(
      key,
      deleted ? { deleted, version, timestamp } : { value, version, timestamp, expiresAt },
    );
  }
  return state;
}
