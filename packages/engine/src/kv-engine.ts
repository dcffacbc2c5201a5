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

import type { BytesLike } from './key-bytes.ts';
import type { BatchInput, CommandInput, SingleInput } from './command-input.ts';
import type { RangeOptions } from './range.ts';
import type { RangeReader } from './range-reader.ts';
import type { BatchOptions, DeleteOptions, DurabilityOption, PutOptions } from './write-options.ts';

/** The reads. */
export interface KvReader {
  /** The value of `key`. O(1) in memory, one file read otherwise. */
  get(key: BytesLike): Uint8Array | undefined;
  /** Whether `key` is present; its value is not read. */
  has(key: BytesLike): boolean;
  getEntry(key: BytesLike): Entry | undefined;
  /** All entries whose key begins with `prefix`, in key order; every entry for an empty prefix. */
  getPrefix(prefix: BytesLike): [key: Uint8Array, value: Uint8Array][];
  /** Entries of a range, lazily, in key order; see {@link RangeReader} for what writes meanwhile do. */
  entries(range?: RangeOptions): RangeReader<[key: Uint8Array, value: Uint8Array]>;
  keys(range?: RangeOptions): RangeReader<Uint8Array>;
  values(range?: RangeOptions): RangeReader<Uint8Array>;
  /** Number of entries of a range. O(entries). */
  count(range?: RangeOptions): number;
  /** Number of keys that are present. O(keys with a deadline). */
  readonly size: number;
}

export interface KvEngine extends KvReader {
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
