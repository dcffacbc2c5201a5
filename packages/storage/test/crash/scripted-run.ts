/**
 * A scripted workload on a machine whose state is looked at before every call of its file system: with each choice of
 * what a power failure at that moment could leave, a store is recovered and compared with the history.
 */
import type { CheckpointRun, CompactionPass, LogStore, RecordWrite, StoreOptions } from '../../src/index.ts';
import {
  FaultyFileSystem,
  MemoryFileSystem,
  SeededRandom,
  type CrashKeep,
  type FileCallKind,
} from '../../src/testing/index.ts';
import { openTrialStore, withTrialStore } from '../trial-store.ts';
import { KEYS, valueOf, WriteHistory } from '../write-history.ts';

/** One write of a script: `[key, length]` sets a key of {@link KEYS}, a bare number deletes it. */
export type ScriptedWrite = readonly [key: number, length: number] | number;

export class ScriptedRun {
  readonly history: WriteHistory;
  readonly #options: Partial<StoreOptions>;
  readonly #random: SeededRandom;
  readonly #depth: number;
  #machine = new MemoryFileSystem();
  #fileSystem: FaultyFileSystem | undefined;
  #store: LogStore | undefined;
  #checkpoint: CheckpointRun | undefined;
  #pass: CompactionPass | undefined;
  #version = 0;
  #failure: Error | undefined;
  /** States of the disk that were recovered from. */
  states = 0;
  /** Calls before which the disk was looked at. */
  calls = 0;

  /**
   * `depth` is how many recoveries in a row are interrupted at every call of theirs: 0 for none. `isForgetful` says that
   * the script lets compaction forget what was deleted.
   */
  constructor(name: string, options: Partial<StoreOptions>, depth: number, isForgetful = false) {
    this.history = new WriteHistory(name, isForgetful);
    this.#random = new SeededRandom(name);
    this.#options = options;
    this.#depth = depth;
  }

  /** Opens the store on the machine, looking at the disk before every call from now on. */
  open(options: Partial<StoreOptions> = {}): void {
    this.#fileSystem = new FaultyFileSystem(this.#machine, {
      onCall: (kind) => {
        this.calls += 1;
        this.#lookAtQuietly(this.#machine, kind, this.#depth);
      },
    });
    this.#store = openTrialStore({ ...this.#options, ...options, fileSystem: this.#fileSystem });
    this.history.check(this.#store);
    this.history.restartAt(this.#store.progress.lastSequence);
  }

  apply(...writes: readonly ScriptedWrite[]): void {
    const store = this.#running();
    const records = writes.map((write): RecordWrite => {
      this.#version += 1;
      const version = this.#version;
      const key = KEYS[typeof write === 'number' ? write : write[0]]!;
      if (typeof write === 'number') return { type: 'delete', key, version, timestamp: version };
      const expiresAt = version % 3 === 0 ? version * 100 : undefined;
      return { type: 'set', key, value: valueOf(version, write[1]), version, timestamp: version, expiresAt };
    });
    this.history.note(records, store.progress.lastSequence + records.length);
    store.apply(records);
    this.#acknowledge();
  }

  commit(durable: boolean): void {
    this.#running().commit(durable);
    this.#acknowledge();
  }

  /** Goes on by so many slices with the checkpoint that is being written, or with a new one, at most to its end. */
  slices(count: number): void {
    const store = this.#running();
    this.#checkpoint ??= store.beginCheckpoint();
    for (let slice = 0; slice < count; slice += 1) {
      if (!this.#checkpoint.step()) continue;
      this.#checkpoint = undefined;
      break;
    }
    this.#acknowledge();
  }

  /** Goes on by so many steps with the pass of compaction that runs, or with a new one that is forced, at most to its end. */
  compact(steps: number): void {
    this.#pass ??= this.#running().compactor.begin(true);
    for (let step = 0; step < steps; step += 1) {
      if (this.#pass.step()) continue;
      this.#pass = undefined;
      break;
    }
    this.#acknowledge();
  }

  /** Segments that compaction has removed since the store was opened. */
  get segmentsRemoved(): number {
    return this.#running().stats().compaction.segmentsRemoved;
  }

  /** Time passes, as far as the store is told. */
  noteTime(now: number): void {
    this.#running().noteTime(now);
  }

  /** Lets the next write of the file system find no room; what `attempt` does fails, and is taken back. */
  withFullDevice(attempt: () => void): void {
    const store = this.#running();
    this.#fileSystem!.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
    try {
      attempt();
      throw new Error('expected the full device to be noticed');
    } catch (error) {
      if ((error as { code?: string }).code !== 'STORAGE_NO_SPACE') throw error;
    }
    this.#fileSystem!.heal();
    this.history.revoke(store.progress.writtenSequence, store.progress.lastSequence);
    this.history.check(store);
  }

  close(): void {
    this.#running().close();
    this.requireSound();
    this.#end();
    this.history.acknowledged = this.history.sequence;
  }

  /** Throws what was found wrong with a recovered store. */
  requireSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the process; the machine goes on with its page cache as it is. */
  kill(): void {
    this.requireSound();
    this.#machine = this.#machine.killed();
    this.#end();
  }

  /** Ends the machine; it comes back with what was synced. */
  cutPower(keep: CrashKeep = 'none'): void {
    this.requireSound();
    this.#machine = this.#machine.crash({ random: this.#random, keep });
    this.#end();
  }

  #end(): void {
    this.#checkpoint = undefined;
    this.#pass = undefined;
    this.#store = undefined;
  }

  #running(): LogStore {
    this.requireSound();
    if (this.#store === undefined) throw new Error('expected an open store');
    return this.#store;
  }

  #acknowledge(): void {
    this.history.acknowledged = Math.max(this.history.acknowledged, this.#running().progress.durableSequence);
  }

  /** What a hook throws counts as a failure of the disk, and may be handled: it is kept and thrown later. */
  #lookAtQuietly(machine: MemoryFileSystem, kind: FileCallKind, depth: number): void {
    if (depth < 0) return;
    try {
      this.#lookAt(machine, kind, depth);
    } catch (error) {
      this.#failure ??= error as Error;
    }
  }

  /** Recovers from everything that a failure before this call could leave. */
  #lookAt(machine: MemoryFileSystem, kind: FileCallKind, depth: number): void {
    // A call that changes nothing leaves what was there before it.
    if (kind === 'list' || kind === 'open' || kind === 'read') return;
    for (const keep of this.#choices(machine, depth < this.#depth)) {
      const random = this.#random.fork(this.states);
      this.#recover(machine.crashed({ random, keep }), depth);
    }
    const killed = machine.killed();
    this.#recover(killed, 0);
    // What the killed process left in the page cache only, the one after it must not have relied on.
    this.#recover(killed.crashed({ random: this.#random, keep: 'none' }), 0);
  }

  #recover(machine: MemoryFileSystem, depth: number): void {
    this.states += 1;
    const fileSystem = new FaultyFileSystem(machine, {
      onCall: (kind) => this.#lookAtQuietly(machine, kind, depth - 1),
    });
    withTrialStore({ ...this.#options, fileSystem }, (store) => {
      this.history.check(store);
      const found = store.progress.lastSequence;
      // Recovered once is recovered for good.
      const copy = machine.crashed({ random: this.#random, keep: 'none' });
      withTrialStore({ fileSystem: copy }, (again) =>
        this.history.check(again, { least: found, most: found }),
      );
    });
  }

  /** Every subset of a few pending operations; of many nothing, all, all but one, only one, and some by chance. */
  #choices(machine: MemoryFileSystem, isInRecovery: boolean): CrashKeep[] {
    if (isInRecovery) return ['none', 'random'];
    const pending = machine.pendingOperations();
    if (pending.length <= 4) {
      return Array.from({ length: 2 ** pending.length }, (_, mask): CrashKeep => {
        const kept = new Set(pending.filter((__, bit) => (mask & (1 << bit)) !== 0).map(nameOf));
        return (operation) => kept.has(nameOf(operation));
      });
    }
    const singles = pending.flatMap((chosen): CrashKeep[] => [
      (operation) => nameOf(operation) === nameOf(chosen),
      (operation) => nameOf(operation) !== nameOf(chosen),
    ]);
    return ['none', 'all', 'random', 'random', 'prefix', ...singles];
  }
}

function nameOf({ order, kind }: { order: number; kind: string }): string {
  return `${order} ${kind}`;
}
