/**
 * Where a state comes out: a view of one moment for whoever compares replicas, and a portable snapshot of it for
 * whoever fills one.
 */

import type { SnapshotChunks, SnapshotPosition, SnapshotSummary, StateView } from '@htkv/state';

/**
 * A snapshot as a stream of bytes in the format of `serializeSnapshot`. It can be read more than once, and holds what
 * it is of until it is disposed.
 */
export interface SnapshotStream extends AsyncIterable<Uint8Array>, Disposable {
  /** Of which moment it is. */
  readonly position: SnapshotPosition;
}

export interface SnapshotProvider {
  /** The state after the write with {@link latestSequence}; later writes do not show in it. */
  snapshotState(): StateView;
  /** Place of the last applied write in the order of all writes; 0 before the first. */
  latestSequence(): number;
  /** The highest version of any write that was applied; 0 before the first. */
  latestVersion(): number;
  /**
   * A snapshot of the state at the moment of the call, all of it durable. Rejects as a write that is awaited does,
   * if any of it is lost before it is.
   */
  takeSnapshot(): Promise<SnapshotStream>;
  /**
   * Fills the store, to which nothing was ever written, with a snapshot, and resolves when everything is durable. Then
   * the state is that of the snapshot, and so are the latest sequence and version. Nothing else is done to the store
   * meanwhile. If it rejects after it has begun, the store is of no use any more, and says so.
   */
  installSnapshot(chunks: SnapshotChunks): Promise<SnapshotSummary>;
}
