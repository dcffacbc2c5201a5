/**
 * A machine for an engine under test: a disk in memory whose power can fail, a clock that stands still until a test
 * moves it, timers that fire when it does, and a queue of tasks that runs by itself or, to look between them, by hand.
 */

import { SingleNodeEngine, type Environment, type StoreConfig } from '@htkv/engine';
import {
  FaultyFileSystem,
  MemoryFileSystem,
  SeededRandom,
  type CrashOptions,
  type FileCallKind,
} from '@htkv/storage/testing';

import { SteppedCommitRunner } from './stepped-commit-runner.ts';

/** Far more than any workload of a test needs. */
const TURNS_MAX = 1_000;

/** Where the store of every simulated machine lies. */
export const DIRECTORY = '/data/store';

export interface MachineOptions {
  readonly disk?: MemoryFileSystem;
  /** Milliseconds since the epoch. */
  readonly now?: number;
  /** Whether `soon` waits for {@link SimulatedMachine.turn}; otherwise the event loop runs it. */
  readonly isManual?: boolean;
  /**
   * Gives the machine a thread that writes commit groups out: says whether its job has come to its end each time
   * that somebody looks. Without it, everything is done on the spot.
   */
  readonly hasLanded?: () => boolean;
  /** Sees every call to the disk before it is made. */
  readonly onCall?: (kind: FileCallKind, path: string) => void;
}

interface Timer {
  readonly due: number;
  readonly task: () => void;
  /** Whether the process waits for it before it ends. */
  readonly keepsAlive: boolean;
}

export class SimulatedMachine {
  readonly disk: MemoryFileSystem;
  /** The disk as the engine sees it: plan faults here. */
  readonly faults: FaultyFileSystem;
  readonly environment: Environment;
  /** Milliseconds since the epoch. Setting it moves the clock of the system only; see {@link advance}. */
  now: number;
  /** The thread of the engine that was opened last, once it has one. */
  runner: SteppedCommitRunner | undefined;
  readonly #isManual: boolean;
  readonly #hasLanded: (() => boolean) | undefined;
  readonly #timers = new Set<Timer>();
  #elapsed = 0;
  #tasks: (() => void)[] = [];

  constructor(options: MachineOptions = {}) {
    this.disk = options.disk ?? new MemoryFileSystem();
    this.faults = new FaultyFileSystem(
      this.disk,
      options.onCall === undefined ? {} : { onCall: options.onCall },
    );
    this.now = options.now ?? 1_700_000_000_000;
    this.#isManual = options.isManual ?? false;
    const { hasLanded } = options;
    this.#hasLanded = hasLanded;
    const random = new SeededRandom('simulated machine');
    this.environment = {
      fileSystem: this.faults,
      systemTime: () => this.now,
      monotonicTime: () => this.#elapsed,
      startCommitThread:
        hasLanded === undefined
          ? undefined
          : (memory, onDone) => {
              this.runner = new SteppedCommitRunner(memory, onDone, hasLanded);
              return this.runner;
            },
      randomBytes: (count) => random.bytes(count),
      soon: (task) => {
        if (this.#isManual) this.#tasks.push(task);
        else setImmediate(task);
      },
      later: (delayMs, task) => this.#addTimer(delayMs, task, true),
      whenever: (delayMs, task) => this.#addTimer(delayMs, task, false),
    };
  }

  open(config: StoreConfig = {}): SingleNodeEngine {
    return SingleNodeEngine.openSync({ dataDir: DIRECTORY, ...config }, this.environment);
  }

  /** Lets time pass, timers included. */
  advance(milliseconds: number): void {
    this.now += milliseconds;
    this.#elapsed += milliseconds;
    for (const timer of this.#timers) {
      if (timer.due > this.#elapsed) continue;
      this.#timers.delete(timer);
      timer.task();
    }
  }

  /** Timers that wait. A process could not end before they have fired. */
  get timers(): number {
    return [...this.#timers].filter(({ keepsAlive }) => keepsAlive).length;
  }

  /** Tasks that wait for {@link turn}. */
  get tasks(): number {
    return this.#tasks.length;
  }

  /** Runs what waits, lands what has come to its end, and then runs the continuations of what that settled. */
  async turn(): Promise<void> {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
    this.runner?.step();
    await continuations();
  }

  /** Turns until nothing is under way any more. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < TURNS_MAX; turns += 1) {
      this.runner?.land();
      await this.turn();
      if (this.#tasks.length === 0 && this.runner?.isRunning !== true) return;
    }
    throw new Error(`expected the engine to come to rest within ${TURNS_MAX} turns`);
  }

  /** How many calls of a kind `step` makes. */
  callsDuring(kind: FileCallKind, step: () => void): number {
    const before = this.calls(kind);
    step();
    return this.calls(kind) - before;
  }

  /** How many calls of a kind were made so far. */
  calls(kind: FileCallKind): number {
    return this.faults.log.filter((call) => call.kind === kind).length;
  }

  /** The machine after the power failed now: of what was not synced nothing survives, unless told otherwise. */
  afterPowerLoss(options: Partial<CrashOptions> = {}): SimulatedMachine {
    const random = new SeededRandom('power loss');
    return this.#successor(this.disk.crashed({ random, keep: 'none', ...options }));
  }

  /** The machine after the process was killed now. */
  afterKill(): SimulatedMachine {
    return this.#successor(this.disk.killed());
  }

  #addTimer(delayMs: number, task: () => void, keepsAlive: boolean): () => void {
    const timer = { due: this.#elapsed + delayMs, task, keepsAlive };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #successor(disk: MemoryFileSystem): SimulatedMachine {
    return new SimulatedMachine({
      disk,
      now: this.now,
      isManual: this.#isManual,
      ...(this.#hasLanded === undefined ? {} : { hasLanded: this.#hasLanded }),
    });
  }
}

/** Resolves when the continuations of everything settled so far have run. */
export function continuations(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
