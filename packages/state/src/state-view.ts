/**
 * A state to read from: what snapshots hand out and what replicas are filled from.
 *
 * The reads take the moment they are about as an argument, because a state has no clock. Left out, it is the moment
 * at which the view was taken, or `BEFORE_EVERY_DEADLINE` for a view that was not taken at a moment, such as a live
 * state in memory. Bytes that are returned are copies that the caller owns.
 */

import type { Entry, Tombstone } from './entry.ts';

export interface StateView {
  /** Number of keys that hold an entry. Those past their deadline count until they are replaced or swept. */
  readonly size: number;
  /** The highest version of any record that was ever written; 0 before the first. */
  latestVersion(): number;
  /** The value of `key`, or `undefined` if the key is absent at `now`. `key` is borrowed for the call. */
  get(key: Uint8Array, now?: number): Uint8Array | undefined;
  /** Whether `key` is present at `now`. `key` is borrowed for the call. */
  has(key: Uint8Array, now?: number): boolean;
  /** The entry of `key`, or `undefined` if the key is absent at `now`. `key` is borrowed for the call. */
  getEntry(key: Uint8Array, now?: number): Entry | undefined;
  /**
   * All entries that are present at `now`, in key order. Writes after the call do not show. A replica is filled with
   * those at `BEFORE_EVERY_DEADLINE`, because an expired entry's version still counts.
   */
  entries(now?: number): Iterable<[key: Uint8Array, entry: Entry]>;
  /**
   * All tombstones that are still kept, in key order. A replica that is filled without them would accept writes that
   * the original ignores. Writes after the call do not show.
   */
  tombstones(): Iterable<[key: Uint8Array, tombstone: Tombstone]>;
}
