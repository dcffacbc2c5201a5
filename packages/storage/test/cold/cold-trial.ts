/**
 * A store whose index is to take hardly any memory, and a map of what is in it. Keys leave the index all the time:
 * tables of a thousand cells are rebuilt when a hundred are used.
 */
import { utf8 } from '@htkv/base';

import type { LogStore, RecordWrite, StoredHead } from '../../src/index.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore, type TrialOptions } from '../trial-store.ts';

export const COLD_OPTIONS = {
  maxSegmentSize: 2 ** 13,
  indexLoadFactor: 0.1,
  indexMemoryBudget: 2 ** 15,
  indexBytesMax: 2 ** 18,
  orderedBytesMax: 0,
  compaction: { garbageRatio: 0.3, tombstoneGraceMs: 0 },
} as const satisfies Partial<TrialOptions>;

interface Expected {
  readonly version: number;
  readonly length: number;
  readonly deleted: boolean;
  readonly expiresAt: number | undefined;
}

export class ColdTrial {
  readonly random: SeededRandom;
  readonly options: Omit<TrialOptions, 'fileSystem'>;
  disk: MemoryFileSystem = new MemoryFileSystem();
  store: LogStore;
  model: Map<string, Expected> = new Map<string, Expected>();
  #version = 0;

  constructor(seed: string, options: Partial<TrialOptions> = {}) {
    this.random = new SeededRandom(seed);
    this.options = { ...COLD_OPTIONS, ...options };
    this.store = this.open();
  }

  open(): LogStore {
    return openTrialStore({ ...this.options, fileSystem: this.disk });
  }

  set(name: string, expiresAt?: number): RecordWrite {
    this.#version += 1;
    const length = this.random.below(80);
    this.model.set(name, { version: this.#version, length, deleted: false, expiresAt });
    return {
      type: 'set',
      key: utf8(name),
      value: new Uint8Array(length).fill(this.#version),
      version: this.#version,
      timestamp: 0,
      expiresAt,
    };
  }

  remove(name: string): RecordWrite {
    this.#version += 1;
    this.model.set(name, { version: this.#version, length: 0, deleted: true, expiresAt: undefined });
    return { type: 'delete', key: utf8(name), version: this.#version, timestamp: 0 };
  }

  apply(...writes: readonly RecordWrite[]): void {
    this.store.apply(writes);
  }

  compact(): void {
    const pass = this.store.compactor.begin(true);
    while (pass.step());
    if (pass.report.damages.length > 0) throw pass.report.damages[0]!;
  }

  /** Closes the store, or lets the machine lose what was not synced, and opens it again. */
  reopen(isCrash: boolean): void {
    this.store.commit(true);
    if (isCrash) this.disk = this.disk.crash({ random: this.random, keep: 'none' });
    else this.store.close();
    this.store = this.open();
  }

  /** Throws unless the store says of a key what the model does. A forgotten deletion is as good as one. */
  check(name: string): void {
    const expected = this.model.get(name);
    const entry = this.store.read(utf8(name));
    const found = entry === undefined || entry.deleted ? undefined : entry;
    const wanted = expected === undefined || expected.deleted ? undefined : expected;
    const same =
      found?.version === wanted?.version &&
      found?.value.length === wanted?.length &&
      found?.expiresAt === wanted?.expiresAt;
    const isDeletionRight = entry === undefined || entry.version === expected?.version;
    if (same && isDeletionRight) return;
    throw new Error(`${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(shown(entry))}`);
  }

  /** Everything that walks over all keys. */
  checkAll(): void {
    for (const name of this.model.keys()) this.check(name);
    const live = [...this.model].filter(([, { deleted }]) => !deleted).map(([name]) => name);
    const keys = new Set(this.store.allKeys().map((key) => Buffer.from(key).toString()));
    for (const name of live) if (!keys.has(name)) throw new Error(`${name} is not among all keys`);
    for (const key of keys) if (!this.model.has(key)) throw new Error(`${key} was never written`);
    const { indexedKeys } = this.store.stats();
    if (keys.size !== indexedKeys) throw new Error(`expected ${keys.size} keys, got ${indexedKeys}`);
    const liveKeys = this.store.liveKeys(0);
    if (liveKeys !== live.length) throw new Error(`expected ${live.length} live keys, got ${liveKeys}`);
  }
}

function shown(head: StoredHead | undefined): object | undefined {
  return head === undefined ? undefined : { ...head, value: undefined };
}
