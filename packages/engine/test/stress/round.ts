/**
 * One round of the stress test: an engine with little memory and small segments, writers and readers in threads that
 * are killed all the time and replaced at once, and a commit thread that is killed as well; beside that it is compacted
 * by several threads, checkpointed, and checked. In the end everybody who
 * lives finishes, every slot is free, and what the ledger says is in the store, in its files, and in the store that is
 * opened from them.
 *
 * Everything that is chosen follows from the seed; what the threads do to each other does not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SingleNodeEngine, type StoreConfig, type VerifyFinding } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import { IS_BUILT } from '../threads/load-engine.ts';
import { checkAcknowledged, checkSettled, stateOf } from './check-store.ts';
import { ACCOUNT_START, ACCOUNTS, amountValue, newLedger, Tally, WRITERS, type Ledger } from './ledger.ts';
import type { StressTask } from './stress-thread.ts';

const READERS = 2;
/** For threads to finish what they do, on a machine that is busy. */
const PATIENCE_MS = 120_000;

/** What happened in a round. */
export interface RoundSummary {
  readonly operations: number;
  readonly reads: number;
  /** Moments at which the sum of all accounts was seen, and amounts that were moved. */
  readonly moments: number;
  readonly moves: number;
  readonly started: number;
  readonly terminated: number;
  /** Threads that ended at an instruction chosen before. */
  readonly injected: number;
  readonly thrown: number;
  readonly commitThreadsKilled: number;
  readonly keys: number;
  readonly segments: number;
  readonly segmentsRemoved: number;
  readonly scrubPasses: number;
}

/** Runs a round; rejects with what went wrong, and then leaves the files where the message says. */
export async function runRound(seed: string, durationMs: number): Promise<RoundSummary> {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-stress-'));
  const round = new Round(seed, join(directory, 'store'));
  try {
    const summary = await round.run(durationMs);
    rmSync(directory, { recursive: true });
    return summary;
  } catch (error) {
    await round.abandon();
    throw new Error(`round with seed ${seed}, store in ${directory}`, { cause: error });
  }
}

interface StressThread {
  readonly writer: number | undefined;
  readonly ended: Promise<void>;
  hasJoined: boolean;
}

class Round {
  readonly #seed: string;
  readonly #random: SeededRandom;
  readonly #config: StoreConfig;
  readonly #ledger: Ledger = newLedger();
  readonly #threads = new Map<Worker, StressThread>();
  readonly #commitThreads = new Set<Worker>();
  readonly #counts = { started: 0, terminated: 0, injected: 0, thrown: 0, commitThreadsKilled: 0 };
  readonly #engine: SingleNodeEngine;
  readonly #onWorker: (worker: Worker) => void;
  #isEnding = false;
  #failure: Error | undefined;

  constructor(seed: string, dataDir: string) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#onWorker = (worker) => {
      if (this.#threads.has(worker)) return;
      // Several in a row that do not even come up are given up.
      worker.once('message', () => this.#commitThreads.add(worker));
      worker.on('exit', () => this.#commitThreads.delete(worker));
    };
    process.on('worker', this.#onWorker);
    this.#config = {
      dataDir,
      memoryBudget: 1024 * 1024,
      maxSegmentSize: this.#random.pick([128, 256, 1024]) * 1024,
      fsyncIntervalMs: this.#random.pick([1, 5, 25]),
      indexLoadFactor: this.#random.pick([0.5, 0.7, 0.9]),
      compactionIntervalMs: this.#random.pick([10, 50, 200]),
      tombstoneGraceMs: this.#random.pick([0, 100, 300_000]),
      scrubIntervalMs: this.#random.pick([10, 100]),
      scrubBytesPerSecond: 64 * 1024 * 1024,
    };
    this.#engine = SingleNodeEngine.openSync(this.#config);
  }

  async run(durationMs: number): Promise<RoundSummary> {
    const engine = this.#engine;
    for (let account = 0; account < ACCOUNTS; account += 1) {
      engine.putSync(`account ${account}`, amountValue(ACCOUNT_START, 10), { durability: 'disk' });
    }
    const handle = engine.share();
    for (let writer = 0; writer < WRITERS; writer += 1) this.#start(handle, writer);
    for (let reader = 0; reader < READERS; reader += 1) this.#start(handle, undefined);
    await this.#untilMostWork();
    const endsAt = Date.now() + durationMs;
    while (Date.now() < endsAt && this.#failure === undefined) {
      await new Promise((resolve) => setTimeout(resolve, this.#random.between(10, 150)));
      this.#strike();
      this.#work();
    }
    await this.#finish();
    this.#requireWhole((await inTime(engine.verify(), 'a check of all files')).findings);
    if (this.#failure !== undefined) throw this.#failure;
    const { segments, size: keys, compaction, scrub } = engine.stats();
    const live = stateOf(engine);
    this.#check(live);
    const reopened = SingleNodeEngine.openSync(this.#config);
    try {
      checkSettled(reopened, this.#ledger, 'opened again');
      if (stateOf(reopened) !== live) throw new Error('opened again, the store is not what it was');
    } finally {
      reopened.closeSync();
    }
    const { tally } = this.#ledger;
    return {
      ...this.#counts,
      operations: tally[Tally.operations]!,
      reads: tally[Tally.reads]!,
      moments: tally[Tally.moments]!,
      moves: tally[Tally.moves]!,
      keys,
      segments: segments.length,
      segmentsRemoved: compaction.segmentsRemoved,
      scrubPasses: scrub.passes,
    };
  }

  /** Ends all threads, whatever their state. */
  async abandon(): Promise<void> {
    this.#isEnding = true;
    process.off('worker', this.#onWorker);
    await Promise.all([...this.#threads.keys(), ...this.#commitThreads].map((worker) => worker.terminate()));
  }

  #start(handle: StressTask['handle'], writer: number | undefined): void {
    this.#counts.started += 1;
    const seed = `${this.#seed}/${this.#counts.started}`;
    const dieAt = this.#random.chance(0.5) ? Math.ceil(2 ** (this.#random.next() * 17)) : 0;
    const task: StressTask = {
      handle,
      isBuilt: IS_BUILT,
      ledger: this.#ledger,
      seed,
      writer,
      dieAt,
      diesAfter: this.#random.chance(0.5),
      diesInTurn: this.#random.chance(0.7),
    };
    const worker = new Worker(new URL('./stress-thread.ts', import.meta.url), {
      workerData: task,
      execArgv: [],
    });
    let isFinished = false;
    worker.on('message', (message) => {
      thread.hasJoined = true;
      isFinished ||= message === 'finished';
    });
    worker.on('error', (error: Error) => {
      if (error.message !== 'thrown on request') this.#fail(error);
    });
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', (code) => {
        this.#threads.delete(worker);
        if (code === 0 && !isFinished) this.#counts.injected += 1;
        if (!this.#isEnding && this.#failure === undefined) this.#start(handle, writer);
        resolve();
      });
    });
    const thread: StressThread = { writer, ended, hasJoined: false };
    this.#threads.set(worker, thread);
  }

  /** Threads take longer to start than a short round is long. */
  async #untilMostWork(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    const joined = (): number => [...this.#threads.values()].filter(({ hasJoined }) => hasJoined).length;
    while (joined() < WRITERS + READERS - 1 && this.#failure === undefined) {
      if (Date.now() > deadline) throw new Error(`expected threads to join, found ${joined()} that have`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Kills somebody, or nobody. */
  #strike(): void {
    const chosen = this.#random.next();
    // Those that start are left alone mostly, for else nobody would come to work.
    const isAny = this.#random.chance(0.2);
    const threads = [...this.#threads].filter(([, { hasJoined }]) => isAny || hasJoined);
    if (chosen < 0.35 && threads.length > 0) {
      this.#counts.terminated += 1;
      void this.#random.pick(threads)[0].terminate();
    } else if (chosen < 0.5 && threads.length > 0) {
      this.#counts.thrown += 1;
      this.#random.pick(threads)[0].postMessage('throw');
    } else if (chosen < 0.6) {
      this.#killCommitThread();
    }
  }

  #killCommitThread(): void {
    const worker = [...this.#commitThreads].at(-1);
    if (worker === undefined) return;
    this.#counts.commitThreadsKilled += 1;
    void worker.terminate();
  }

  /** What the main thread does itself. */
  #work(): void {
    const engine = this.#engine;
    const chosen = this.#random.below(7);
    if (chosen === 0) engine.putSync('main', `${Date.now()}`, { durability: 'disk' });
    else if (chosen === 1) void engine.put('main', `${Date.now()}`).catch((error) => this.#fail(error));
    else if (chosen === 2) engine.deleteSync('main');
    else if (chosen === 3) void engine.checkpoint().catch((error) => this.#fail(error));
    else if (chosen === 4) void engine.runCompactionNow().catch((error) => this.#fail(error));
    else if (chosen === 5) this.#requireWhole(engine.stats().scrub.lastPass?.findings);
    else if (engine.size < ACCOUNTS) throw new Error(`expected all accounts, found a size of ${engine.size}`);
  }

  #requireWhole(findings: readonly VerifyFinding[] = []): void {
    if (findings.length > 0) this.#fail(new Error(`found damaged: ${JSON.stringify(findings[0])}`));
  }

  #fail(error: unknown): void {
    this.#failure ??= error as Error;
  }

  /** Lets the writers finish, then the readers, and waits until nothing of them is left. */
  async #finish(): Promise<void> {
    this.#isEnding = true;
    const { tally } = this.#ledger;
    const endedOf = (isWriter: boolean): Promise<void>[] =>
      [...this.#threads.values()]
        .filter(({ writer }) => (writer !== undefined) === isWriter)
        .map(({ ended }) => ended);
    Atomics.store(tally, Tally.stop, 1);
    if (this.#random.chance(0.3)) this.#killCommitThread();
    await inTime(Promise.all(endedOf(true)), 'writers to finish');
    await inTime(this.#engine.flush(), 'a flush');
    Atomics.store(tally, Tally.stop, 2);
    await inTime(Promise.all(endedOf(false)), 'readers to finish');
    if (this.#failure !== undefined) throw this.#failure;
    const deadline = Date.now() + PATIENCE_MS;
    for (let { threads } = this.#engine.stats(); threads !== 1; { threads } = this.#engine.stats()) {
      if (Date.now() > deadline) throw new Error(`expected all slots to be free, found ${threads} in use`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    process.off('worker', this.#onWorker);
  }

  /** Compares the store and its files with the ledger, and closes it. */
  #check(live: string): void {
    const engine = this.#engine;
    checkSettled(engine, this.#ledger, 'at the end');
    const onDisk = SingleNodeEngine.openSync({ ...this.#config, readOnly: true });
    try {
      checkAcknowledged(onDisk, this.#ledger, 'on disk before the close');
      // The flush above, and nothing was written since.
      if (stateOf(onDisk) !== live) throw new Error('the files are not what the store is');
    } finally {
      onDisk.closeSync();
    }
    if (engine.stats().residentBytes > this.#config.memoryBudget!) throw new Error('more memory than given');
    engine.closeSync();
  }
}

async function inTime<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`expected ${what} within ${PATIENCE_MS} ms, found it stuck`)),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
