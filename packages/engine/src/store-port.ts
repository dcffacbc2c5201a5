/** The records of the store as the state machine sees them. */
import type { EntryHead, Mutation, StatePort } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

export class StorePort implements StatePort {
  readonly #store: LogStore;

  constructor(store: LogStore) {
    this.#store = store;
  }

  head(key: Uint8Array): EntryHead | undefined {
    return this.#store.head(key);
  }

  commit(mutations: readonly Mutation[]): void {
    this.#store.apply(mutations);
  }
}
