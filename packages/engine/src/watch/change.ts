/** Changes of an engine as those see them who follow it. */
import type { BytesLike } from '../key-bytes.ts';

interface ChangeOfKey {
  /** Place in the commit order: what to go on from later. */
  readonly sequence: number;
  /** Owned by the caller, as the value is. */
  readonly key: Uint8Array;
  readonly version: number;
  /** Milliseconds since the epoch, from the command. */
  readonly timestamp: number;
}

export interface SetChange extends ChangeOfKey {
  readonly type: 'set';
  readonly value: Uint8Array;
  /** There if the entry has a deadline; milliseconds since the epoch. Nothing is told when it comes. */
  readonly expiresAt?: number;
}

export interface DeleteChange extends ChangeOfKey {
  readonly type: 'delete';
}

/** One write that was applied: what was ignored or in conflict has changed nothing. */
export type Change = SetChange | DeleteChange;

/** A change, and whether it is the last one of its batch that was asked for; one that was made alone is. */
export type CommittedChange = Change & { readonly endsBatch: boolean };

/** Whose changes: those of one key, or of the keys that satisfy all that is given of prefix and bounds; by default all. */
export interface ChangeFilter {
  readonly key?: BytesLike | undefined;
  readonly prefix?: BytesLike | undefined;
  readonly gt?: BytesLike | undefined;
  readonly gte?: BytesLike | undefined;
  readonly lt?: BytesLike | undefined;
  readonly lte?: BytesLike | undefined;
}

export interface WatchOptions extends ChangeFilter {
  /** The place in the commit order behind which to begin: the `sequence` of a change, or a `position`. Now by default. */
  readonly since?: number | undefined;
  /** Ends the iteration when it is aborted: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether waiting for a change keeps the thread alive; true by default. */
  readonly persistent?: boolean | undefined;
}

export interface CommitLogOptions extends ChangeFilter {
  /** The first place of the commit order that is wanted; the oldest that is there by default. */
  readonly from?: number | undefined;
  /** At most so many changes. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Changes in commit order, each once, without a gap, and only those that no crash takes back. It can be iterated once, and
 * holds nothing but a place in the log. It ends when the engine is closed, and at `return()`, without an error. It throws
 * `ENGINE_SEQUENCE_COMPACTED` where compaction has removed what should come next, the reason of an aborted signal, and
 * `STORAGE_CORRUPT` or `STORAGE_IO` where the log cannot be read; and is over then.
 */
export interface ChangeStream<Item> extends AsyncDisposable {
  /** Resolves with the next change, in the order of the calls. */
  next(): Promise<IteratorResult<Item, undefined>>;
  /** Ends it; whoever waits for a change learns that there is none. Idempotent. */
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): ChangeStream<Item>;
  /**
   * The same changes, many at a time: each array has at least one, and as many as were read together. A batch is never
   * divided between two arrays.
   */
  batches(): AsyncIterableIterator<readonly Item[], undefined>;
  /** Every change that is wanted up to this place of the commit order was given out: go on from here later. */
  readonly position: number;
}

/** Follows the changes: at the end of what is there it waits for more. */
export type Watch = ChangeStream<Change>;

/** The log of an engine, as far as compaction has left it. */
export interface CommitLog {
  /** The changes from a place of the commit order on; it ends where it comes to the end of what is durable. */
  read(options?: CommitLogOptions): ChangeStream<CommittedChange>;
  /** The lowest place that can be read from: every change from here on is there. */
  readonly oldestSequence: number;
  /** The last place that is durable; what comes behind it cannot be read yet. */
  readonly durableSequence: number;
}
