/**
 * The engine as its users see it: everything that does not depend on where it keeps its files. Reads are synchronous;
 * every write exists as a promise, which settles when the write is as durable as asked for, and as a `*Sync` call,
 * which returns when the write is visible.
 *
 * Keys and values are bytes, or text that stands for its UTF-8 bytes. Arguments are borrowed for the call; results
 * belong to the caller. A missing key is `undefined`. All calls throw `ENGINE_CLOSED` after `close`, a `TypeError`
 * or `RangeError` (`VALIDATION_TYPE`, `VALIDATION_RANGE`) for wrong arguments, and `STORAGE_CORRUPT` or `STORAGE_IO`
 * where a record cannot be read back. Calls that return a promise reject instead. Reads of ranges throw
 * `STORAGE_NOT_ORDERED` where the store was opened with `ordered: false`, and `STORAGE_ORDER_FULL`.
 */
import type { ApplyOutcome, Entry, StateView } from '@htkv/state';

import type { DeadlineOptions, ValueChange } from './atomic/atomic-options.ts';
import type { BytesLike } from './key-bytes.ts';
import type { BatchInput, CommandInput, SingleInput } from './command-input.ts';
import type { KvReader, KvSnapshot } from './kv-reader.ts';
import type { RangeOptions } from './range.ts';
import type { KvTransaction, TransactionOptions } from './transaction/kv-transaction.ts';
import type { CommitLog, Watch, WatchOptions } from './watch/change.ts';
import type { BatchOptions, DeleteOptions, DurabilityOption, PutOptions } from './write-options.ts';

export interface KvEngine extends KvReader {
  /** The state of this moment, until it is disposed. O(1). It holds the room of what it shows, so do not keep it. */
  snapshot(): KvSnapshot;
  /** Calls `read` with a snapshot that is disposed afterwards, and returns its result, which is no promise. */
  readWith<Result>(read: (view: KvSnapshot) => Result): Result;
  /**
   * Sets `key`. The write always wins over what is there, unless a condition does not hold. Rejects with
   * `STORAGE_NO_SPACE` or `ENGINE_POISONED` (not committed) or `ENGINE_COMMIT_UNKNOWN`.
   */
  put(key: BytesLike, value: BytesLike, options?: PutOptions): Promise<ApplyOutcome>;
  /** Deletes `key`: `removed` whether or not it was there. Rejects as {@link put} does. */
  delete(key: BytesLike, options?: DeleteOptions): Promise<ApplyOutcome>;
  /** Applies a command as it is; a missing version or timestamp is filled in. A batch has one outcome per item. */
  submit(command: SingleInput, options?: DurabilityOption): Promise<ApplyOutcome>;
  submit(command: BatchInput, options?: DurabilityOption): Promise<readonly ApplyOutcome[]>;
  submit(command: CommandInput, options?: DurabilityOption): Promise<ApplyOutcome | readonly ApplyOutcome[]>;
  /** Applies sets and deletes as one atomic unit: after a crash all of them are there or none. */
  submitBatch(commands: readonly SingleInput[], options?: BatchOptions): Promise<readonly ApplyOutcome[]>;
  /** As {@link put}, but returns when the write is visible; durable within `fsyncIntervalMs`. */
  putSync(key: BytesLike, value: BytesLike, options?: PutOptions): ApplyOutcome;
  deleteSync(key: BytesLike, options?: DeleteOptions): ApplyOutcome;
  submitSync(command: SingleInput, options?: DurabilityOption): ApplyOutcome;
  submitSync(command: BatchInput, options?: DurabilityOption): readonly ApplyOutcome[];
  submitSync(command: CommandInput, options?: DurabilityOption): ApplyOutcome | readonly ApplyOutcome[];
  submitBatchSync(commands: readonly SingleInput[], options?: BatchOptions): readonly ApplyOutcome[];
  /**
   * Runs `body` as if nothing else ran meanwhile, and resolves with its result when its writes are as durable as asked
   * for. `body` may run several times, so it does nothing but read and write in its transaction. Rejects with what it
   * throws, and with nothing written; and with `ENGINE_CONFLICT` when others have been faster too often.
   */
  transaction<Result>(
    body: (transaction: KvTransaction) => Result | Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  transactionSync<Result>(body: (transaction: KvTransaction) => Result, options?: TransactionOptions): Result;
  /** Puts entries as one atomic unit. */
  putMany(
    entries: Iterable<readonly [key: BytesLike, value: BytesLike]>,
    options?: DeadlineOptions,
  ): Promise<readonly ApplyOutcome[]>;
  putManySync(
    entries: Iterable<readonly [key: BytesLike, value: BytesLike]>,
    options?: DeadlineOptions,
  ): readonly ApplyOutcome[];
  /**
   * Adds to a counter, atomically, and gives the sum. A counter is a safe integer in decimal digits as text; an absent
   * key counts as 0, a deadline stays. Throws `ENGINE_NOT_A_COUNTER`, `ENGINE_COUNTER_RANGE`.
   */
  increment(key: BytesLike, by?: number, options?: DurabilityOption): Promise<number>;
  incrementSync(key: BytesLike, by?: number, options?: DurabilityOption): number;
  /**
   * Gives a key that is present a new value, atomically: `change` is the value, or makes it from the entry, perhaps
   * more than once. The deadline stays unless another is given. Returns the new value. Throws `ENGINE_KEY_ABSENT`.
   */
  update(key: BytesLike, change: ValueChange, options?: DeadlineOptions): Promise<Uint8Array>;
  updateSync(key: BytesLike, change: ValueChange, options?: DeadlineOptions): Uint8Array;
  /** Deletes a key and gives the entry that it had, atomically: of those who try, one gets it. */
  consume(key: BytesLike, options?: DurabilityOption): Promise<Entry | undefined>;
  consumeSync(key: BytesLike, options?: DurabilityOption): Entry | undefined;
  /**
   * Deletes the keys of a range and gives their number, as one atomic unit, as long as they are at most 262,144 and fit
   * one batch. More go in batches of up to 1,024, each of which is one unit; what is written meanwhile may go or stay.
   */
  clear(range?: RangeOptions, options?: DurabilityOption): Promise<number>;
  clearSync(range?: RangeOptions, options?: DurabilityOption): number;
  /**
   * Follows the changes of one key, of a range, or of everything, from now on or behind `since`; see {@link ChangeStream}.
   * Throws a `RangeError` for a `since` that was not reached yet.
   */
  watch(options?: WatchOptions): Watch;
  /** The changes of the past, as far as compaction has left them. */
  readonly commitLog: CommitLog;
  /** Resolves when everything accepted so far is on disk. Rejects if any of it was lost. */
  flush(): Promise<void>;
  /** Resolves when everything up to that place in the commit order is on disk. */
  durable(sequence: number): Promise<void>;
  /** Place of the last applied write in the commit order; 0 before the first. */
  latestSequence(): number;
  /** The highest version of any write; 0 before the first. */
  latestVersion(): number;
  /** A copy of the whole state in memory. O(store). */
  snapshotState(): StateView;
}
