/**
 * Proves that a checkpoint comes to its end however much happens between its slices: segments that are emptied, keys that
 * leave the index, tables that grow, writes that are taken back. What it shows is what the log shows.
 */
import { errorCode } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';
import { WriteHistory } from '../write-history.ts';
import { openBothWays } from './open-both-ways.ts';

/** Steps of a checkpoint that nothing disturbs, and of four that something does. */
const UNDISTURBED = 5;
const STEPS_MAX = 4 * UNDISTURBED;

class LoadedStore {
  readonly memory: MemoryFileSystem = new MemoryFileSystem();
  readonly faults: FaultyFileSystem = new FaultyFileSystem(this.memory);
  readonly history: WriteHistory = new WriteHistory('steady load');
  readonly store: LogStore = openTrialStore({
    fileSystem: this.faults,
    compaction: { garbageRatio: 0.1, tombstoneGraceMs: 0 },
  });
  readonly #random = new SeededRandom('steady load');

  write(batches: number): void {
    for (let batch = 0; batch < batches; batch += 1) {
      const writes = this.history.batch(this.#random, 3, () => this.#random.pick([10, 300, 900]));
      this.history.note(writes, this.store.progress.lastSequence + writes.length);
      this.store.apply(writes);
    }
    this.store.commit(true);
    this.history.acknowledged = this.history.sequence;
  }

  /** Empties what can be emptied, which is at least one segment. */
  compact(): void {
    const { segmentsRemoved } = this.store.stats().compaction;
    for (let tries = 0; this.store.stats().compaction.segmentsRemoved === segmentsRemoved; tries += 1) {
      if (tries === 10) throw new Error('expected a segment to be emptied');
      this.write(5);
      const pass = this.store.compactor.begin(true);
      while (pass.step());
    }
  }

  revoke(): void {
    const writes = this.history.batch(this.#random, 2, () => 100);
    const { progress } = this.store;
    this.history.note(writes, progress.lastSequence + writes.length);
    this.store.apply(writes);
    this.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
    try {
      this.store.commit(true);
    } catch (error) {
      if (errorCode(error) !== 'STORAGE_NO_SPACE') throw error;
      this.history.revoke(progress.writtenSequence, progress.lastSequence);
    }
    this.faults.heal();
  }
}

/** Takes a checkpoint with `between` before each of its steps; returns how many it took. */
function steps(loaded: LoadedStore, between: () => void): number {
  const run = loaded.store.beginCheckpoint();
  for (let count = 1; count <= STEPS_MAX; count += 1) {
    if (run.step()) return count;
    between();
  }
  throw new Error(`expected a checkpoint within ${STEPS_MAX} steps`);
}

test.for<readonly [string, (loaded: LoadedStore) => void]>([
  ['segments are emptied', (loaded) => loaded.compact()],
  ['writes are taken back', (loaded) => loaded.revoke()],
  [
    'everything happens',
    (loaded) => {
      loaded.compact();
      loaded.revoke();
      loaded.write(3);
    },
  ],
])('a checkpoint is taken while %s between its slices', ([, between]) => {
  const loaded = new LoadedStore();
  loaded.write(20);
  expect(steps(loaded, () => undefined)).toBe(UNDISTURBED);
  for (let round = 0; round < 5; round += 1) {
    expect(steps(loaded, () => between(loaded))).toBeGreaterThan(UNDISTURBED);
    const report = openBothWays(loaded.memory, loaded.history);
    expect(report.checkpointRefusal).toBeUndefined();
    expect(report.checkpointKeys).toBeGreaterThan(0);
  }
});

test('a run says that it was disturbed, so that others wait', () => {
  const loaded = new LoadedStore();
  loaded.write(20);
  const run = loaded.store.beginCheckpoint();
  run.step();
  expect(run.hasBegunAgain).toBe(false);
  loaded.compact();
  run.step();
  expect(run.hasBegunAgain).toBe(true);
});
