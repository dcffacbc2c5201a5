/**
 * Commits in the background: a runner that a test steps by hand writes groups out while the store goes on, and
 * whatever happens in between (more writes, a commit on the spot, a full segment, a lost runner, no room, a power
 * cut), a store that is opened again is a prefix of the commit order that holds everything acknowledged.
 */
import { describe, expect, it } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';
import { WriteHistory } from '../write-history.ts';
import { SteppedCommitRunner } from './stepped-commit-runner.ts';

interface Opened {
  readonly store: LogStore;
  readonly runner: () => SteppedCommitRunner;
}

function open(disk: FaultyFileSystem | MemoryFileSystem, segmentBytes = 2 ** 20): Opened {
  let runner: SteppedCommitRunner | undefined;
  const store = openTrialStore({
    fileSystem: disk,
    maxSegmentSize: segmentBytes,
    startCommitRunner: (memory, onDone) => (runner = new SteppedCommitRunner(disk, memory, onDone)),
  });
  return { store, runner: () => runner! };
}

const key = Uint8Array.of(1);

function put(store: LogStore, version: number): void {
  store.apply([{ type: 'set', key, value: Uint8Array.of(version), version, timestamp: 0 }]);
}

/** A store that has made enough commits to have a runner. */
function warm(disk: FaultyFileSystem | MemoryFileSystem): Opened {
  const opened = open(disk);
  for (let version = 1; version <= 8; version += 1) {
    put(opened.store, version);
    opened.store.commit(true);
  }
  return opened;
}

describe('a commit in the background', () => {
  it('is not begun before commits come often', () => {
    const { store } = open(new MemoryFileSystem());
    put(store, 1);
    expect(store.commitInBackground(true, () => {})).toBe(false);
    store.commit(true);
    store.close();
  });

  it('makes durable what was applied before it, and not what came after', () => {
    const disk = new MemoryFileSystem();
    const { store, runner } = warm(disk);
    put(store, 9);
    const failures: unknown[] = [];
    expect(store.commitInBackground(true, (failure) => failures.push(failure))).toBe(true);
    put(store, 10);
    expect(store.progress.durableSequence).toBe(8);
    runner().land();
    expect(failures).toEqual([undefined]);
    expect([store.progress.writtenSequence, store.progress.durableSequence, store.progress.isDirty]).toEqual([
      9,
      9,
      true,
    ]);
    const survivor = openTrialStore({
      fileSystem: disk.crashed({ random: new SeededRandom('cut'), keep: 'none' }),
    });
    expect(survivor.read(key)?.version).toBe(9);
    store.close();
  });

  it('is one at a time', () => {
    const { store, runner } = warm(new MemoryFileSystem());
    put(store, 9);
    expect(store.commitInBackground(false, () => {})).toBe(true);
    put(store, 10);
    expect(store.commitInBackground(false, () => {})).toBe(false);
    runner().land();
    expect(store.commitInBackground(false, () => {})).toBe(true);
    store.close();
  });

  it('is brought to its end by a commit on the spot, and settled once', () => {
    const { store, runner } = warm(new MemoryFileSystem());
    put(store, 9);
    let settled = 0;
    store.commitInBackground(true, () => (settled += 1));
    put(store, 10);
    store.commit(true);
    runner().land();
    expect([settled, store.progress.durableSequence, store.progress.isDirty]).toEqual([1, 10, false]);
    store.close();
  });

  it('is done again here when its runner is lost', () => {
    const disk = new MemoryFileSystem();
    const { store, runner } = warm(disk);
    put(store, 9);
    store.commitInBackground(true, (failure) => expect(failure).toBeUndefined());
    runner().lose();
    expect(store.progress.durableSequence).toBe(9);
    const survivor = openTrialStore({
      fileSystem: disk.crashed({ random: new SeededRandom('cut'), keep: 'none' }),
    });
    expect(survivor.read(key)?.version).toBe(9);
    store.close();
  });

  it('takes younger writes back with its own when there is no room', () => {
    const disk = new FaultyFileSystem(new MemoryFileSystem());
    const { store, runner } = warm(disk);
    put(store, 9);
    const failures: unknown[] = [];
    store.commitInBackground(true, (failure) => failures.push(failure));
    put(store, 10);
    disk.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', isSticky: true });
    runner().land();
    expect(failures).toEqual([expect.objectContaining({ code: 'STORAGE_NO_SPACE' })]);
    expect([store.read(key)?.version, store.progress.revokedSequence]).toEqual([8, 10]);
    disk.heal();
    put(store, 11);
    store.commit(true);
    expect([store.read(key)?.version, store.progress.durableSequence]).toEqual([11, 11]);
    store.close();
  });

  it('fails whoever commits on the spot while it fails', () => {
    const disk = new FaultyFileSystem(new MemoryFileSystem());
    const { store } = warm(disk);
    put(store, 9);
    store.commitInBackground(true, () => {});
    put(store, 10);
    disk.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', isSticky: true });
    expect(() => store.commit(true)).toThrow(expect.objectContaining({ code: 'STORAGE_NO_SPACE' }));
    disk.heal();
    store.close();
  });

  it('ends all writing when its sync fails', () => {
    const disk = new FaultyFileSystem(new MemoryFileSystem());
    const { store, runner } = warm(disk);
    put(store, 9);
    const failures: unknown[] = [];
    store.commitInBackground(true, (failure) => failures.push(failure));
    disk.plan({ at: 1, kinds: ['sync'], code: 'EIO' });
    runner().land();
    expect(failures).toEqual([expect.objectContaining({ code: 'STORAGE_IO' })]);
    expect(() => put(store, 10)).toThrow(expect.objectContaining({ code: 'STORAGE_POISONED' }));
    expect(store.read(key)?.version).toBe(9);
    store.close();
  });
});

describe('a power cut at any moment of a store whose commits run in the background', () => {
  const seeds = Number(process.env['HTKV_BACKGROUND_SEEDS'] ?? 300);

  it(`leaves a prefix that holds everything acknowledged, for ${seeds} seeds`, () => {
    let begun = 0;
    let lost = 0;
    for (let seed = 0; seed < seeds; seed += 1) {
      const random = new SeededRandom(`background ${seed}`);
      const history = new WriteHistory(`background ${seed}`);
      const disk = new MemoryFileSystem();
      const { store, runner } = open(disk, random.pick([4096, 8192, 65_536]));
      for (let step = 0; step < 60; step += 1) {
        const writes = history.batch(random, random.pick([1, 1, 2, 5]), () =>
          random.pick([0, 10, 300, 2000]),
        );
        history.note(writes, store.progress.lastSequence + writes.length);
        store.apply(writes);
        const choice = random.below(8);
        if (choice === 0) store.commit(random.chance(0.5));
        else if (choice < 4) store.commitInBackground(random.chance(0.7), () => {});
        else if (choice === 4) runner()?.write();
        else if (choice === 5) runner()?.land();
        else if (choice === 6 && random.chance(0.3)) runner()?.lose();
        history.acknowledged = Math.max(history.acknowledged, store.progress.durableSequence);
        if (random.chance(0.9)) continue;
        const copy = disk.crashed({ random, keep: random.pick(['none', 'all', 'random', 'prefix']) });
        history.check(openTrialStore({ fileSystem: copy }));
      }
      begun += runner()?.begun ?? 0;
      lost += runner()?.lost ?? 0;
      store.close();
      history.acknowledged = history.sequence;
      history.check(openTrialStore({ fileSystem: disk.crashed({ random, keep: 'none' }) }));
    }
    // Otherwise the simulation met nothing of what it is for.
    expect(begun).toBeGreaterThan(seeds * 5);
    expect(lost).toBeGreaterThan(seeds / 10);
  });
});
