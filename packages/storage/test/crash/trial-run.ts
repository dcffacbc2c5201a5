/**
 * A life of a store in a simulated process: it is opened, written to at random, and ends by closing, by a kill, or by
 * dying in the middle of a call, in recovery too. The history says what the next life has to find.
 */
import type { LogStore, StoreOptions } from '../../src/index.ts';
import {
  CrashSignal,
  FaultyFileSystem,
  type MemoryFileSystem,
  type SeededRandom,
} from '../../src/testing/index.ts';
import { SteppedCommitRunner } from '../io/stepped-commit-runner.ts';
import { withTrialStore } from '../trial-store.ts';
import type { WriteHistory } from '../write-history.ts';

export interface LifePlan {
  readonly random: SeededRandom;
  readonly options: Partial<StoreOptions>;
  /** Batches to apply. */
  readonly batches: number;
  /** Values longer than a page takes are among the lengths. */
  readonly lengths: readonly number[];
  /** The process dies before its call with this number, from 1; never if it makes fewer. */
  readonly deathAtCall: number;
  /** Whether the life ends by closing, if it does not end before. */
  readonly closes: boolean;
  /** Whether commits are made beside the writes as well, by a runner that goes on at random. */
  readonly hasRunner?: boolean;
  /** Time that the store is told, in milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/** How a life ended. `written` is the place in the commit order that the operating system knows of. */
export interface LifeEnd {
  readonly kind: 'died' | 'stopped' | 'closed';
  /** Whether the store was open: its recovery had ended, and the history starts there. */
  readonly hasOpened: boolean;
  readonly written: number;
  /** Calls of the file system that were made. */
  readonly calls: number;
}

/** Runs a life on `memory`. Throws whatever a store throws that is not its death. */
export function liveOnce(memory: MemoryFileSystem, history: WriteHistory, plan: LifePlan): LifeEnd {
  let calls = 0;
  const fileSystem = new FaultyFileSystem(memory, {
    onCall: (_, __, number) => {
      calls = number;
      if (number === plan.deathAtCall) throw new CrashSignal();
    },
  });
  let hasOpened = false;
  let written = 0;
  let runner: SteppedCommitRunner | undefined;
  const startCommitRunner: StoreOptions['startCommitRunner'] =
    plan.hasRunner === true
      ? (shared, onDone) => (runner = new SteppedCommitRunner(fileSystem, shared, onDone))
      : undefined;
  try {
    return withTrialStore({ ...plan.options, fileSystem, startCommitRunner }, (store) => {
      history.check(store);
      history.restartAt(store.progress.lastSequence);
      hasOpened = true;
      written = store.progress.writtenSequence;
      if (plan.now !== undefined) store.noteTime(plan.now);
      for (let batch = 0; batch < plan.batches; batch += 1) {
        step(store, history, plan);
        if (runner !== undefined) goOn(runner, plan.random);
        // A runner answers whatever happens to it; here it was the whole process that died.
        if (calls >= plan.deathAtCall) throw new CrashSignal();
        written = store.progress.writtenSequence;
      }
      if (!plan.closes) return { kind: 'stopped', hasOpened, written, calls };
      store.close();
      history.acknowledged = history.sequence;
      return { kind: 'closed', hasOpened, written: history.sequence, calls };
    });
  } catch (error) {
    if (calls < plan.deathAtCall) throw error;
    return { kind: 'died', hasOpened, written, calls };
  }
}

function step(store: LogStore, history: WriteHistory, { random, lengths, hasRunner }: LifePlan): void {
  const writes = history.batch(random, random.pick([1, 1, 1, 2, 3, 8]), () => random.pick(lengths));
  history.note(writes, store.progress.lastSequence + writes.length);
  store.apply(writes);
  const choice = random.below(4);
  if (choice < 2) store.commit(choice === 0);
  else if (hasRunner === true) store.commitInBackground(choice === 2, () => undefined);
  if (random.chance(0.1)) compact(store, random);
  history.acknowledged = Math.max(history.acknowledged, store.progress.durableSequence);
}

/** Begins a pass of compaction, and goes on with it or gives it up. */
function compact(store: LogStore, random: SeededRandom): void {
  const pass = store.compactor.begin(random.chance(0.5));
  const steps = random.pick([1, 3, 100]);
  for (let step = 0; step < steps && pass.step(); step += 1);
}

function goOn(runner: SteppedCommitRunner, random: SeededRandom): void {
  const choice = random.below(6);
  if (choice === 0) runner.write();
  else if (choice === 1) runner.lose();
  else if (choice < 4) runner.land();
}
