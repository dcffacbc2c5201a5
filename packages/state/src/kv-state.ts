/**
 * A whole key-value state: the deterministic machine together with the records it decides about. This is what a
 * replica keeps, what a snapshot is restored into, and what tests compare a store with.
 *
 * Whoever keeps the records elsewhere and only needs the decisions uses {@link StateMachine} with its own port.
 */

import type { Entry, EntryHead, Tombstone } from './entry.ts';
import { BEFORE_EVERY_DEADLINE } from './entry.ts';
import { MemoryEntries } from './memory-entries.ts';
import { StateMachine, type StateMachineOptions } from './state-machine.ts';
import type { HeadReader, Mutation, StatePort } from './state-port.ts';
import type { StateView } from './state-view.ts';

/** Records that can be written by the machine and read as a view. */
export interface StateStore extends StatePort, StateView {}

export class KvState extends StateMachine implements StateView, HeadReader {
  readonly #store: StateStore;

  /** A state over the records of `store`: an empty one in memory when left out. */
  constructor(store: StateStore = new MemoryEntries(), options: StateMachineOptions = {}) {
    super(store, options);
    this.#store = store;
  }

  /**
   * A copy of `view` in memory, equal in every later decision. O(records).
   *
   * Its latest version is that of the records copied. Whoever continues to give versions starts from
   * `view.latestVersion()`, which also knows of records that are gone.
   */
  static from(view: StateView): KvState {
    const state = new KvState();
    for (const [key, entry] of view.entries(BEFORE_EVERY_DEADLINE)) state.insertSnapshot(key, entry);
    for (const [key, tombstone] of view.tombstones()) state.insertSnapshot(key, tombstone);
    return state;
  }

  get size(): number {
    return this.#store.size;
  }

  latestVersion(): number {
    return this.#store.latestVersion();
  }

  head(key: Uint8Array): EntryHead | undefined {
    return this.#store.head(key);
  }

  get(key: Uint8Array, now?: number): Uint8Array | undefined {
    return this.#store.get(key, now);
  }

  has(key: Uint8Array, now?: number): boolean {
    return this.#store.has(key, now);
  }

  getEntry(key: Uint8Array, now?: number): Entry | undefined {
    return this.#store.getEntry(key, now);
  }

  entries(now?: number): Iterable<[key: Uint8Array, entry: Entry]> {
    return this.#store.entries(now);
  }

  tombstones(): Iterable<[key: Uint8Array, tombstone: Tombstone]> {
    return this.#store.tombstones();
  }

  /**
   * Installs a record as it is, deciding nothing and replacing what the key had: for filling a state from the
   * entries and tombstones of a snapshot. Bytes are borrowed for the call.
   */
  insertSnapshot(key: Uint8Array, record: Entry | Tombstone): void {
    this.#store.commit([mutationOf(key, record)]);
  }
}

function mutationOf(key: Uint8Array, record: Entry | Tombstone): Mutation {
  const { version, timestamp } = record;
  if ('deleted' in record) return { type: 'delete', key, version, timestamp };
  return { type: 'set', key, value: record.value, version, timestamp, expiresAt: record.expiresAt };
}
