/**
 * What a portable snapshot is made of: all records of one moment, and which moment it is. This is the one place that
 * decides how that moment is held.
 */
import type { RecordSource, SnapshotPosition } from '@htkv/state';
import { recordsInOrder } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import { copyState } from './copy-state.ts';

export interface SnapshotView extends RecordSource {
  readonly position: SnapshotPosition;
  /** Lets go of what is held. Idempotent. */
  release(): void;
}

/** The state of this moment, copied, while no other thread writes. `now` is the engine's time. O(store). */
export function viewNow(store: LogStore, now: number): SnapshotView {
  return store.exclusively(() => {
    const { lastSequence, highestVersion: latestVersion } = store.stats();
    const state = copyState(store);
    return {
      position: { lastSequence, latestVersion, takenAt: now },
      latestVersion: () => latestVersion,
      records: () => recordsInOrder(state),
      release: () => undefined,
    };
  });
}
