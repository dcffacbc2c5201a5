/**
 * Where a state comes out: a view of one moment, for whoever fills a replica or compares two.
 */

import type { StateView } from '@htkv/state';

export interface SnapshotProvider {
  /** The state after the write with {@link latestSequence}; later writes do not show in it. */
  snapshotState(): StateView;
  /** Place of the last applied write in the order of all writes; 0 before the first. */
  latestSequence(): number;
  /** The highest version of any write that was applied; 0 before the first. */
  latestVersion(): number;
}
