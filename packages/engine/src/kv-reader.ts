/**
 * What can be read, of the engine as it is at each call and of one place in the commit order. `kv-engine.ts` says what
 * arguments and results are, and what calls throw.
 */
import type { Entry } from '@htkv/state';

import type { BytesLike } from './key-bytes.ts';
import type { RangeOptions } from './range.ts';
import type { RangeReader } from './range-reader.ts';

/** The reads. */
export interface KvReader {
  /** The value of `key`. O(1) in memory, one file read otherwise. */
  get(key: BytesLike): Uint8Array | undefined;
  /** The value of `key` as text: UTF-8, with U+FFFD for bytes that are none. */
  getString(key: BytesLike): string | undefined;
  /**
   * Copies the value of `key` to `offset` of `target`, 0 unless given, and returns its length: nothing is allocated. A
   * value that does not fit there is not copied, and its length says so. `undefined` if the key is absent; `target`
   * may have been written to nonetheless.
   */
  getInto(key: BytesLike, target: Uint8Array, offset?: number): number | undefined;
  /** The values of keys, in their order, `undefined` for one that is absent; each as of its own moment in an engine. */
  getMany(keys: Iterable<BytesLike>): (Uint8Array | undefined)[];
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

/** The reads of one place in the commit order, whatever is written meanwhile. */
export interface KvSnapshot extends KvReader, Disposable {
  /** Place of the last write that it shows; 0 before the first. */
  readonly sequence: number;
  /** The highest version of any write up to there; 0 before the first. */
  readonly version: number;
  /** When it was taken, by the engine's clock; milliseconds since the epoch. */
  readonly timestamp: number;
  /** Number of keys that were present. O(1), but O(keys) once if any key had a deadline. */
  readonly size: number;
  /** Keys and versions of a range, lazily; values are not read. */
  versions(range?: RangeOptions): RangeReader<[key: Uint8Array, version: number]>;
  /** Number of keys in a range. O(keys of the range). */
  count(range?: RangeOptions): number;
}
