/**
 * The crash simulation: stores live, crash at random moments and come back, several lives per seed. At each end the
 * power fails several times over on copies of the same machine, each copy keeping something else of what was not
 * synced, and every copy has to recover.
 */
import type { StoreOptions } from '../../src/index.ts';
import { MemoryFileSystem, SeededRandom, type CrashOptions } from '../../src/testing/index.ts';
import { withTrialStore } from '../trial-store.ts';
import { NOW, WriteHistory } from '../write-history.ts';
import { liveOnce, type LifeEnd } from './trial-run.ts';

/** What a simulation went through, to show that it met what it should meet. */
export interface SimulationTally {
  crashes: number;
  kills: number;
  deathsInRecovery: number;
  tornTails: number;
  rewrittenGroups: number;
  segmentsMost: number;
}

/** Crashes that a run of the tests simulates; fewer for what is built, which has to do the same as its sources. */
export const CRASHES_PER_RUN: number = process.env['MODE'] === 'built' ? 25_000 : 250_000;

/** Deletions are forgotten as soon as nothing older is left. */
const FORGETFUL = { garbageRatio: 0.3, tombstoneGraceMs: 0 };

const lives = 4;
const copiesPerEnd = 3;

/** Simulates seed after seed until there were `crashes`. Throws at the first store that is not what it may be. */
export function simulateCrashes(crashes: number, name: string): SimulationTally {
  const tally = {
    crashes: 0,
    kills: 0,
    deathsInRecovery: 0,
    tornTails: 0,
    rewrittenGroups: 0,
    segmentsMost: 0,
  };
  for (let seed = 0; tally.crashes < crashes; seed += 1) simulateSeed(`${name} ${seed}`, tally);
  return tally;
}

/** Runs the lives of one seed. Throws at the first store that is not what its history allows. */
export function simulateSeed(seed: string, tally: SimulationTally): void {
  const random = new SeededRandom(seed);
  const isForgetful = random.chance(0.3);
  const history = new WriteHistory(seed, isForgetful);
  let memory = new MemoryFileSystem();
  for (let life = 0; life < lives; life += 1) {
    const options = { ...randomOptions(random), ...(isForgetful ? { compaction: FORGETFUL } : {}) };
    const end = liveOnce(memory, history, {
      random,
      options,
      batches: random.below(40),
      lengths: random.pick(lengthsOfLives),
      deathAtCall: random.chance(0.5) ? 1 + random.below(random.pick([12, 40, 200])) : Infinity,
      closes: random.chance(0.25),
      hasRunner: random.chance(0.4),
      now: isForgetful ? NOW : undefined,
    });
    if (end.kind === 'died' && !end.hasOpened) tally.deathsInRecovery += 1;
    for (let copy = 0; copy < copiesPerEnd; copy += 1) {
      checkCopy(memory.crashed(randomCrash(random)), history, random, tally, history.acknowledged);
    }
    memory = nextMachine(memory, history, random, end, tally);
  }
}

/** The machine of the next life: after another power failure, or the same one after the process was killed. */
function nextMachine(
  memory: MemoryFileSystem,
  history: WriteHistory,
  random: SeededRandom,
  end: LifeEnd,
  tally: SimulationTally,
): MemoryFileSystem {
  if (random.chance(0.5)) {
    tally.crashes += 1;
    return memory.crash(randomCrash(random));
  }
  tally.kills += 1;
  // The page cache outlives the process: whatever was written is there, synced or not.
  const survivor = memory.killed();
  const least = end.hasOpened ? Math.max(end.written, history.acknowledged) : history.acknowledged;
  checkCopy(survivor.killed(), history, random, tally, least);
  return survivor;
}

/** Opens a copy, and now and then lets it die in recovery first; then uses it, and lets it crash again. */
function checkCopy(
  copy: MemoryFileSystem,
  history: WriteHistory,
  random: SeededRandom,
  tally: SimulationTally,
  least: number,
): void {
  tally.crashes += 1;
  withTrialStore({ ...randomOptions(random), fileSystem: copy }, (store) => {
    if (store.report.tornBytes > 0) tally.tornTails += 1;
    tally.rewrittenGroups += store.report.rewrittenGroups;
    tally.segmentsMost = Math.max(tally.segmentsMost, store.stats().segments.length);
    history.check(store, { least });
    const found = store.progress.lastSequence;
    if (random.chance(0.5)) {
      // What an open has recovered is durable: it is found again, no more and no less, whatever happens next.
      tally.crashes += 1;
      withTrialStore({ fileSystem: copy.crashed(randomCrash(random)) }, (again) => {
        history.check(again, { least: found, most: found });
      });
    }
    store.apply([{ type: 'delete', key: Uint8Array.of(7), version: 1, timestamp: 0 }]);
    store.commit(true);
    store.close();
    if (copy.openFileCount + copy.lockCount > 0) {
      throw new Error(`seed '${history.seed}': the store kept a file or its lock`);
    }
    tally.crashes += 1;
    withTrialStore({ fileSystem: copy.crashed(randomCrash(random)) }, (last) => {
      const isThere = last.read(Uint8Array.of(7))?.sequence === found + 1;
      if (!isThere || !last.report.clean)
        throw new Error(`seed '${history.seed}': a write after recovery is lost`);
    });
  });
}

function randomCrash(random: SeededRandom): CrashOptions {
  return { random, keep: random.pick(['none', 'all', 'random', 'random', 'prefix']) };
}

function randomOptions(random: SeededRandom): Partial<StoreOptions> {
  return {
    maxSegmentSize: random.pick([4096, 4096, 8192, 65_536, 2 ** 20]),
    memoryBudget: random.pick([1, 2 ** 21]),
    indexLoadFactor: random.pick([0.1, 0.7]),
    randomBytes: (count) => random.bytes(count),
  };
}

const small = [0, 1, 10, 100, 400];
/** A life has one of these. 40,000 bytes go into a file of their own, 30,000 make batches cross pages. */
const lengthsOfLives = [small, small, [...small, 2000], [...small, ...small, 40_000], [100, 2000, 30_000]];
