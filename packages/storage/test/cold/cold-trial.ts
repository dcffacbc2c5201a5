/**
 * A store whose index is to take hardly any memory, and a map of what is in it. Keys leave the index all the time:
 * tables of a thousand cells are rebuilt when a hundred are used.
 */
import { utf8 } from '@htkv/base';

import type { CheckpointRun, LogStore, RecordWrite, StoredHead, StoreSnapshot } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
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
  /** What writes have replaced, in their order, as long as they may be taken back. */
  #undo: { readonly sequence: number; readonly name: string; readonly before: Expected | undefined }[] = [];
  #staged: { readonly name: string; readonly before: Expected | undefined }[] = [];
  #version = 0;
  #faults!: FaultyFileSystem;
  #run: CheckpointRun | undefined;
  #snapshot: { readonly shot: StoreSnapshot; readonly model: Map<string, Expected> } | undefined;
  /** Checkpoints that were published, and those that an opening has begun with. */
  published = 0;
  used = 0;

  constructor(seed: string, options: Partial<TrialOptions> = {}) {
    this.random = new SeededRandom(seed);
    this.options = { ...COLD_OPTIONS, ...options };
    this.store = this.open();
  }

  open(): LogStore {
    this.#faults = new FaultyFileSystem(this.disk);
    const store = openTrialStore({ ...this.options, fileSystem: this.#faults });
    if (store.report.checkpointId !== 0) this.used += 1;
    return store;
  }

  set(name: string, expiresAt?: number): RecordWrite {
    this.#version += 1;
    const length = this.random.below(80);
    this.#stage(name);
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
    this.#stage(name);
    this.model.set(name, { version: this.#version, length: 0, deleted: true, expiresAt: undefined });
    return { type: 'delete', key: utf8(name), version: this.#version, timestamp: 0 };
  }

  apply(...writes: readonly RecordWrite[]): void {
    let sequence = this.store.apply(writes) - writes.length;
    for (const { name, before } of this.#staged) this.#undo.push({ sequence: (sequence += 1), name, before });
    this.#staged = [];
  }

  #stage(name: string): void {
    this.#staged.push({ name, before: this.model.get(name) });
  }

  compact(): void {
    const pass = this.store.compactor.begin(true);
    while (pass.step());
    if (pass.report.damages.length > 0) throw pass.report.damages[0]!;
  }

  commit(): void {
    this.store.commit(true);
    this.#undo = [];
  }

  /** A commit that finds no room: what was not committed is taken back. */
  commitWithoutRoom(): void {
    this.#faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
    try {
      this.store.commit(false);
    } catch (error) {
      if ((error as { code?: string }).code !== 'STORAGE_NO_SPACE') throw error;
      const { writtenSequence } = this.store.progress;
      for (const { sequence, name, before } of this.#undo.reverse()) {
        if (sequence <= writtenSequence) continue;
        if (before === undefined) this.model.delete(name);
        else this.model.set(name, before);
      }
      this.#undo = [];
      this.#release();
    }
    this.#faults.heal();
  }

  /** Goes on with a checkpoint, or begins one. */
  slice(): boolean {
    this.#run ??= this.store.beginCheckpoint();
    if (!this.#run.step()) return false;
    if (this.#run.result !== undefined) this.published += 1;
    this.#run = undefined;
    return true;
  }

  /** Looks at a key as it was a while ago, or from now on will have been. */
  lookBack(name: string): void {
    if (this.#snapshot === undefined) {
      this.#snapshot = { shot: this.store.snapshot(0), model: new Map(this.model) };
      return;
    }
    const { shot, model } = this.#snapshot;
    const entry = shot.entry(utf8(name));
    const version = entry === undefined || entry.deleted ? undefined : entry.version;
    const expected = model.get(name)?.deleted === true ? undefined : model.get(name)?.version;
    if (version !== expected) throw new Error(`${name} in a snapshot: expected ${expected}, got ${version}`);
    if (this.random.chance(0.05)) this.#release();
  }

  #release(): void {
    this.#snapshot?.shot.release();
    this.#snapshot = undefined;
  }

  /** Closes the store, or lets the machine lose what was not synced, and opens it again. */
  reopen(isCrash: boolean): void {
    this.commit();
    this.#release();
    this.#run?.discard();
    this.#run = undefined;
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
    for (const now of [0, 1500]) {
      const expected = live.filter((name) => !(this.model.get(name)!.expiresAt! <= now)).length;
      const found = this.store.liveKeys(now);
      if (found !== expected) throw new Error(`expected ${expected} live keys at ${now}, got ${found}`);
    }
  }
}

function shown(head: StoredHead | undefined): object | undefined {
  return head === undefined ? undefined : { ...head, value: undefined };
}
