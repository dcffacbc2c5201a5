/**
 * The records of the store as the state machine sees them. Within one step, stamping and deciding ask for the same
 * key; it is looked up once.
 */
import type { EntryHead, Mutation, StatePort } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

export class StorePort implements StatePort {
  readonly #store: LogStore;
  #key: Uint8Array | undefined;
  #head: EntryHead | undefined;

  constructor(store: LogStore) {
    this.#store = store;
  }

  /** Starts a step: what was looked up before does not count any more. */
  begin(): void {
    this.#key = undefined;
  }

  head(key: Uint8Array): EntryHead | undefined {
    if (key === this.#key) return this.#head;
    this.#head = this.#store.headForWriting(key);
    this.#key = key;
    return this.#head;
  }

  commit(mutations: readonly Mutation[]): void {
    this.#key = undefined;
    this.#store.apply(mutations);
  }
}
