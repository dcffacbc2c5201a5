/**
 * One attempt of a transaction: reads of a snapshot, which are noted; writes, which are kept back; and the one command
 * that makes the writes if all that was read is still so.
 */
import { copyBytes, keyText, type BatchCommand } from '@htkv/state';

import { deadlineOf } from '../atomic/atomic-options.ts';
import { transactionEnded } from '../failure.ts';
import { keyBytes, valueBytes, type BytesLike } from '../key-bytes.ts';
import { checkKnownOptions } from '../known-options.ts';
import type { KvSnapshot } from '../kv-reader.ts';
import { checkRange, type RangeOptions } from '../range.ts';
import type { KvTransaction, TransactionEntry, TransactionPutOptions } from './kv-transaction.ts';
import { OwnWrites, shownValue } from './own-writes.ts';
import { ReadSet } from './read-set.ts';
import { TransactionRange, type RangeSurroundings } from './transaction-range.ts';

const NO_OPTIONS: TransactionPutOptions = Object.freeze({});

export class Transaction implements KvTransaction {
  readonly attempt: number;
  readonly #view: KvSnapshot;
  readonly #writes = new OwnWrites();
  readonly #reads = new ReadSet();
  #surroundings: RangeSurroundings | undefined;
  #hasEnded = false;

  constructor(view: KvSnapshot, attempt: number) {
    this.attempt = attempt;
    this.#view = view;
  }

  get(key: BytesLike): Uint8Array | undefined {
    return this.getEntry(key)?.value;
  }

  has(key: BytesLike): boolean {
    return this.getEntry(key) !== undefined;
  }

  getEntry(key: BytesLike): TransactionEntry | undefined {
    this.#requireOpen();
    const bytes = keyBytes(key);
    const own = this.#writes.find(bytes);
    if (own !== undefined) {
      const value = shownValue(own, this.#view.timestamp);
      if (value === undefined) return undefined;
      const entry = { value: copyBytes(value), version: undefined, timestamp: undefined };
      return own.expiresAt === undefined ? entry : { ...entry, expiresAt: own.expiresAt };
    }
    const entry = this.#view.getEntry(bytes);
    this.#reads.addKey(copyBytes(bytes), entry?.version);
    return entry;
  }

  getPrefix(prefix: BytesLike): [key: Uint8Array, value: Uint8Array][] {
    return this.entries({ prefix: keyBytes(prefix, 'prefix') }).toArray();
  }

  entries(range: RangeOptions = {}): TransactionRange {
    this.#requireOpen();
    const checked = checkRange(range);
    this.#surroundings ??= {
      view: this.#view,
      writes: this.#writes,
      reads: this.#reads,
      requireOpen: () => this.#requireOpen(),
    };
    return new TransactionRange(this.#surroundings, checked);
  }

  put(key: BytesLike, value: BytesLike, options: TransactionPutOptions = NO_OPTIONS): void {
    this.#requireOpen();
    checkKnownOptions(options, ['expiresAt', 'ttl'], 'options');
    // A lifetime counts from the moment that the transaction sees.
    const expiresAt = deadlineOf(options, () => this.#view.timestamp);
    this.#write(keyBytes(key), copyBytes(valueBytes(value)), expiresAt);
  }

  delete(key: BytesLike): void {
    this.#requireOpen();
    this.#write(keyBytes(key), undefined, undefined);
  }

  /** Nobody uses it any more. */
  end(): void {
    this.#hasEnded = true;
  }

  /** What it comes to; undefined if it writes nothing: what it has read was true when its snapshot was taken. */
  get command(): BatchCommand | undefined {
    const { commands } = this.#writes;
    if (commands.length === 0) return undefined;
    const conditions = this.#reads.keys;
    const ranges = this.#reads.rangesIn(this.#view);
    return { type: 'batch', commands, atomic: 'allOrNothing', conditions, ranges };
  }

  #write(key: Uint8Array, value: Uint8Array | undefined, expiresAt: number | undefined): void {
    const text = keyText(key);
    this.#writes.add(text, { key: this.#reads.keyOf(text) ?? copyBytes(key), value, expiresAt });
  }

  #requireOpen(): void {
    if (this.#hasEnded) throw transactionEnded();
  }
}
