/** A transaction as its function sees it, and its options. */
import type { BytesLike } from '../key-bytes.ts';
import type { RangeOptions } from '../range.ts';
import type { DurabilityOption } from '../write-options.ts';
import type { TransactionRange } from './transaction-range.ts';

/** An entry in a transaction; what the transaction itself has written has no version and no timestamp yet. */
export interface TransactionEntry {
  readonly value: Uint8Array;
  readonly version: number | undefined;
  readonly timestamp: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** A deadline, one or the other. */
export interface TransactionPutOptions {
  readonly expiresAt?: number | undefined;
  readonly ttl?: number | undefined;
}

export interface TransactionOptions extends DurabilityOption {
  /** How often it is tried at most, 100 unless given. */
  readonly attempts?: number | undefined;
}

/**
 * Reads are of one snapshot, with the transaction's own writes over it. Nothing is written before the function has
 * returned. After that, every call throws `ENGINE_TRANSACTION_ENDED`.
 */
export interface KvTransaction {
  /** 1 for the first attempt. */
  readonly attempt: number;
  get(key: BytesLike): Uint8Array | undefined;
  has(key: BytesLike): boolean;
  getEntry(key: BytesLike): TransactionEntry | undefined;
  getPrefix(prefix: BytesLike): [key: Uint8Array, value: Uint8Array][];
  /** As of an engine. What the transaction writes while an iteration runs is not in it. */
  entries(range?: RangeOptions): TransactionRange;
  put(key: BytesLike, value: BytesLike, options?: TransactionPutOptions): void;
  delete(key: BytesLike): void;
}
