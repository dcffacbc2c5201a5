/**
 * The records of the store as the state machine sees them. Within one step, stamping and deciding ask for the same
 * key; it is looked up once.
 */
import type { EntryHead, KeyBounds, Mutation, StatePort } from '@htkv/state';
import type { KeyRange, LogStore } from '@htkv/storage';

/** Keys of a range that are looked up at a time. */
const KEYS_PER_STEP = 1024;

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

  *headsIn(range: KeyBounds): Generator<readonly [key: Uint8Array, head: EntryHead], void, undefined> {
    const upper = range.lt ?? range.lte;
    const upperInclusive = range.lt === undefined;
    let lower = range.gt ?? range.gte;
    let lowerInclusive = range.gt === undefined;
    for (;;) {
      const bounds: KeyRange = { lower, lowerInclusive, upper, upperInclusive };
      const keys = this.#store.collectKeys(bounds, false, KEYS_PER_STEP);
      for (const key of keys) {
        const head = this.#store.headForWriting(key);
        if (head !== undefined) yield [key, head];
      }
      if (keys.length < KEYS_PER_STEP) return;
      lower = keys.at(-1)!;
      lowerInclusive = false;
    }
  }

  commit(mutations: readonly Mutation[]): void {
    this.#key = undefined;
    this.#store.apply(mutations);
  }
}
