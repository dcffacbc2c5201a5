/**
 * The port of the state machine: the two things it asks of whatever holds the records. The machine decides; the
 * port remembers.
 */

import type { KeyBounds } from './command.ts';
import type { EntryHead } from './entry.ts';

/** Replaces whatever the key had by an entry. Bytes are borrowed for the call they are passed to. */
export interface SetMutation {
  readonly type: 'set';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt?: number | undefined;
}

/** Replaces whatever the key had by a tombstone. Bytes are borrowed for the call they are passed to. */
export interface DeleteMutation {
  readonly type: 'delete';
  readonly key: Uint8Array;
  readonly version: number;
  readonly timestamp: number;
}

/**
 * A change that has been decided: it is made without a further question. A mutation may be the stamped command
 * itself, so objects can carry more properties than are listed here; they mean nothing any more.
 */
export type Mutation = SetMutation | DeleteMutation;

/** Looks up what is known of a key, tombstones included. */
export interface HeadReader {
  /**
   * The head of the newest record of `key`, or `undefined` if there is none. An expired entry is still a record.
   * The object is read before the next call on the port and not kept, so an implementation may reuse one.
   */
  head(key: Uint8Array): EntryHead | undefined;
}

export interface StatePort extends HeadReader {
  /**
   * Keys of a range and the heads of their newest records, in byte order of the keys, tombstones and expired entries
   * included. Borrowed, one at a time, and nothing is written while it is gone through.
   */
  headsIn(range: KeyBounds): Iterable<readonly [key: Uint8Array, head: EntryHead]>;
  /**
   * Makes all changes in order, as one atomic unit: seen together, durable together. `mutations` is never empty and
   * may name a key more than once; the array and its bytes are borrowed until the call returns. If it throws,
   * nothing was changed.
   */
  commit(mutations: readonly Mutation[]): void;
}
