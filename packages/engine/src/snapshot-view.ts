/**
 * What a portable snapshot is made of: all records of one moment, and which moment it is. This is the one place that
 * decides how that moment is held: as a place of the commit order. Nothing is copied; records are read when they are
 * asked for, and other threads write meanwhile.
 */
import type { RecordSource, SnapshotPosition } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import { storedRecords } from './stored-records.ts';

export interface SnapshotView extends RecordSource {
  readonly position: SnapshotPosition;
  /** Lets go of what is held. Idempotent. */
  release(): void;
}

/**
 * The state of this moment. `now` is the engine's time. `requireOpen` throws once the store is not to be read any more.
 * Reading the records throws that, what reading throws, `STORAGE_BUSY`, and `STORAGE_SNAPSHOT_REVOKED` if any of them
 * was taken back since. O(1). Throws `STORAGE_BUSY`.
 */
export function viewNow(store: LogStore, now: number, requireOpen: () => void): SnapshotView {
  const shot = store.snapshot(now);
  const position: SnapshotPosition = {
    lastSequence: shot.sequence,
    latestVersion: shot.highestVersion,
    takenAt: now,
  };
  /** What was taken back may have left no key that a read of its record could fail for. */
  const whole = <Keys>(keys: Keys): Keys => {
    shot.requireWhole();
    return keys;
  };
  const keysOf: Pick<LogStore, 'allKeys' | 'collectKeys'> = {
    allKeys: () => whole(store.allKeys()),
    collectKeys: (range, reverse, limit) => whole(store.collectKeys(range, reverse, limit)),
  };
  return {
    position,
    latestVersion: () => position.latestVersion,
    records: () =>
      storedRecords(keysOf, (key) => {
        requireOpen();
        return shot.entry(key);
      }),
    release: () => shot.release(),
  };
}
