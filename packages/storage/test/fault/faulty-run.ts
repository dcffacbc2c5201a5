/**
 * A workload that meets one planned fault, or one that stays, and goes on as a user would: every error is looked at,
 * the store is compared with what it has reported after every step, closed, healed, crashed and opened again.
 */
import { CodedError, errorCode } from '@htkv/base';

import type { LogStore, RecordWrite } from '../../src/index.ts';
import {
  FaultyFileSystem,
  SeededRandom,
  type Fault,
  type FileCallKind,
  type MemoryFileSystem,
} from '../../src/testing/index.ts';
import { withTrialStore } from '../trial-store.ts';
import { KEYS, valueOf, WriteHistory } from '../write-history.ts';
import { SwitchedFileSystem } from './switched-file-system.ts';

export type FaultyStep =
  | { readonly apply: readonly (readonly [key: number, length: number] | number)[] }
  | { readonly commit: boolean };

/** A life: steps, and how it ends. */
export interface FaultyLife {
  readonly steps: readonly FaultyStep[];
  readonly end: 'close' | 'kill';
}

/** What a failed sync leaves of the bytes it should have made durable; see `MemoryFileSystem.loseUnsynced`. */
export type SyncLoss = 'nothing' | 'kept' | 'reverted';

export interface FaultyRunResult {
  /** How many calls failed. */
  readonly strikes: number;
  /** Codes of the errors that the store threw, in order. */
  readonly codes: readonly string[];
}

export class FaultyRun {
  readonly #machine = new SwitchedFileSystem();
  readonly #fileSystem: FaultyFileSystem;
  readonly #history: WriteHistory;
  readonly #codes: string[] = [];
  #isChecking = false;
  #hasForgotten = false;
  #version = 0;

  constructor(name: string, fault: Fault, syncLoss: SyncLoss) {
    this.#history = new WriteHistory(name);
    this.#fileSystem = new FaultyFileSystem(this.#machine, {
      onFault: (kind, path) => this.#onFault(kind, path, syncLoss),
    });
    // Comparing reads too, and what it reads is not part of the workload.
    this.#fileSystem.plan({ ...fault, path: () => !this.#isChecking });
  }

  run(lives: readonly FaultyLife[]): FaultyRunResult {
    for (const life of lives) this.#live(life);
    const { strikes } = this.#fileSystem;
    this.#fileSystem.heal();
    this.#afterwards();
    return { strikes, codes: this.#codes };
  }

  #live(life: FaultyLife): void {
    try {
      withTrialStore({ fileSystem: this.#fileSystem }, (store) => this.#use(store, life));
    } catch (error) {
      this.#note(error);
    }
    if (life.end === 'close') requireNothingHeld(this.#machine.memory);
    this.#machine.memory = this.#machine.memory.killed();
  }

  #use(store: LogStore, life: FaultyLife): void {
    this.#check(store);
    this.#history.restartAt(store.progress.lastSequence);
    for (const step of life.steps) {
      if ('apply' in step) this.#apply(store, step.apply);
      else this.#commit(store, step.commit);
      this.#history.acknowledged = Math.max(this.#history.acknowledged, store.progress.durableSequence);
      this.#check(store);
    }
    if (life.end === 'kill') return;
    try {
      store.close();
      if (store.poison === undefined) this.#history.acknowledged = this.#history.sequence;
    } catch (error) {
      this.#settle(store, error);
    }
  }

  #apply(store: LogStore, step: readonly (readonly [number, number] | number)[]): void {
    const writes = step.map((write): RecordWrite => {
      this.#version += 1;
      const version = this.#version;
      const key = KEYS[typeof write === 'number' ? write : write[0]]!;
      if (typeof write === 'number') return { type: 'delete', key, version, timestamp: version };
      return { type: 'set', key, value: valueOf(version, write[1]), version, timestamp: version };
    });
    try {
      const sequence = store.apply(writes);
      this.#history.note(writes, sequence);
    } catch (error) {
      this.#settle(store, error);
    }
  }

  #commit(store: LogStore, durable: boolean): void {
    try {
      store.commit(durable);
    } catch (error) {
      this.#settle(store, error);
    }
  }

  /** Notes a failure, and what it says has become of the open group. */
  #settle(store: LogStore, error: unknown): void {
    if (this.#note(error) === 'STORAGE_NO_SPACE')
      this.#history.revoke(store.progress.writtenSequence, store.progress.lastSequence);
  }

  /**
   * Whoever reads meets the state that was reported, whether or not writing has ended. Only where the cache forgot what
   * it was told to keep may a read fail, with the truth.
   */
  #check(store: LogStore): void {
    this.#isChecking = true;
    try {
      this.#history.check(store);
    } catch (error) {
      const isForgotten = this.#hasForgotten && store.poison !== undefined;
      if (isForgotten && errorCode(error) === 'STORAGE_CORRUPT') return;
      throw new Error(`${String(error)} after ${this.#codes.join(', ')}`, { cause: error });
    } finally {
      this.#isChecking = false;
    }
  }

  #note(error: unknown): string {
    if (!(error instanceof CodedError)) throw error;
    this.#codes.push(error.code);
    return error.code;
  }

  #onFault(kind: FileCallKind, path: string, syncLoss: SyncLoss): void {
    if (kind !== 'sync' || syncLoss === 'nothing') return;
    this.#hasForgotten ||= syncLoss === 'reverted';
    this.#machine.memory.loseUnsynced(path, syncLoss);
  }

  /** The device works again: the store comes back after a kill and after a power failure. */
  #afterwards(): void {
    const { memory } = this.#machine;
    const random = new SeededRandom(this.#history.seed);
    for (const keep of ['none', 'all', 'random', 'random'] as const) {
      this.#reopen(memory.crashed({ random, keep }));
    }
    this.#reopen(memory.killed());
  }

  /** What was promised is there, nothing that was taken back is, and the store can be written to and closed. */
  #reopen(memory: MemoryFileSystem): void {
    withTrialStore({ fileSystem: memory }, (store) => {
      this.#history.check(store);
      const { lastSequence } = store.progress;
      const powerless = memory.crashed({ random: new SeededRandom('power'), keep: 'none' });
      withTrialStore({ fileSystem: powerless }, (again) => {
        this.#history.check(again, { least: lastSequence, most: lastSequence });
      });
      store.apply([{ type: 'delete', key: Uint8Array.of(7), version: 1, timestamp: 0 }]);
      store.close();
    });
    requireNothingHeld(memory);
  }
}

function requireNothingHeld({ openFileCount, lockCount }: MemoryFileSystem): void {
  if (openFileCount + lockCount > 0)
    throw new Error(`${openFileCount} files and ${lockCount} locks are still held`);
}
