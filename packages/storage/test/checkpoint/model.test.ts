/**
 * Proves that a store which was opened with a checkpoint is the one that its log makes: in random lives, with writes,
 * commits, rotation, growth and lack of room between the slices of a checkpoint, at every kind of end.
 *
 * `HTKV_CHECKPOINT_LIVES` asks for another number of lives.
 */
import { expect, test } from 'vitest';

import type { CheckpointRun, LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { withTrialStore } from '../trial-store.ts';
import { WriteHistory } from '../write-history.ts';
import { openBothWays } from './open-both-ways.ts';

const lives = Number(process.env['HTKV_CHECKPOINT_LIVES'] ?? 50);
const lengths = [0, 10, 50, 300, 1300, 40_000];

/** Goes on with a store for a while; a checkpoint is begun now and then and goes on between writes. */
class Life {
  readonly #store: LogStore;
  readonly #history: WriteHistory;
  readonly #random: SeededRandom;
  readonly #faults: FaultyFileSystem;
  #run: CheckpointRun | undefined;
  published = 0;

  constructor(store: LogStore, history: WriteHistory, random: SeededRandom, faults: FaultyFileSystem) {
    this.#store = store;
    this.#history = history;
    this.#random = random;
    this.#faults = faults;
  }

  go(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const choice = this.#random.below(20);
      if (choice < 9) this.#write();
      else if (choice < 12) this.#store.commit(choice === 10);
      else if (choice < 19) this.#slice();
      else this.#withoutRoom();
      const { durableSequence } = this.#store.progress;
      this.#history.acknowledged = Math.max(this.#history.acknowledged, durableSequence);
    }
  }

  #write(): void {
    const history = this.#history;
    const random = this.#random;
    const writes = history.batch(random, random.pick([1, 1, 2, 6]), () => random.pick(lengths));
    history.note(writes, this.#store.progress.lastSequence + writes.length);
    this.#store.apply(writes);
  }

  #slice(): void {
    this.#run ??= this.#store.beginCheckpoint();
    if (!this.#run.step()) return;
    if (this.#run.result !== undefined) this.published += 1;
    this.#run = undefined;
  }

  /** What is not committed is taken back; cells that a running checkpoint has copied may point at it. */
  #withoutRoom(): void {
    const store = this.#store;
    this.#faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
    try {
      store.commit(false);
    } catch (error) {
      if ((error as { code?: string }).code !== 'STORAGE_NO_SPACE') throw error;
      this.#history.revoke(store.progress.writtenSequence, store.progress.lastSequence);
    }
    this.#faults.heal();
  }
}

test('a store is the same with a checkpoint and without', () => {
  const ends = { published: 0, used: 0, moved: 0 };
  for (let number = 0; number < lives; number += 1) {
    const random = new SeededRandom(`life ${number} with checkpoints`);
    const history = new WriteHistory(random.seed);
    let memory = new MemoryFileSystem();
    for (let session = 0; session < 4; session += 1) {
      const faults = new FaultyFileSystem(memory);
      withTrialStore({ fileSystem: faults }, (store) => {
        history.check(store);
        history.restartAt(store.progress.lastSequence);
        const life = new Life(store, history, random, faults);
        life.go(random.between(5, 60));
        ends.published += life.published;
        if (random.chance(0.4)) {
          store.close();
          history.acknowledged = history.sequence;
        }
      });
      const keep = random.pick(['none', 'all', 'random'] as const);
      memory =
        memory.lockCount === 0 || random.chance(0.5) ? memory.killed() : memory.crash({ random, keep });
      const report = openBothWays(memory, history);
      expect(report.checkpointRefusal).toBeUndefined();
      if (report.checkpointId !== 0) ends.used += 1;
      if (report.checkpointId !== 0 && report.records > 0) ends.moved += 1;
    }
  }
  expect(ends.published).toBeGreaterThan(lives);
  expect(ends.used).toBeGreaterThan(lives);
  expect(ends.moved).toBeGreaterThan(lives / 2);
});
