/**
 * Proves that a snapshot shows one place of the commit order and nothing else, whatever instruction a writing thread is
 * at: batches, pages that leave memory, segments that end, writes that are taken back. And that the pins say which
 * place is the lowest, for as long as a snapshot of any thread is open.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { ControlMemory, controlBytes } from '../../src/control/shared-memory.ts';
import type { LogStore, StoreSnapshot } from '../../src/index.ts';
import { SnapshotPins } from '../../src/session/snapshot-pins.ts';
import { MemoryFileSystem, FaultyFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';
import { remove, repairScripts, set } from './repair-scripts.ts';
import { RepairTrial } from './repair-trial.ts';
import { SharedStoreTemplate } from './shared-store.ts';

const NOW = 50;
const never = (): boolean => false;

test.for(repairScripts)('a snapshot stays what it is while a thread $name', (script) => {
  new RepairTrial(script).snapshotEverywhere();
});

test('some of them take back what the snapshot shows', () => {
  const revoking = repairScripts.filter(({ fault }) => fault?.code === 'ENOSPC');
  expect(revoking.some((script) => new RepairTrial(script).snapshotEverywhere())).toBe(true);
});

function versionsIn(snapshot: StoreSnapshot, names: readonly string[]): (number | string | undefined)[] {
  return names.map((name) => {
    const key = utf8(name);
    const [head, entry, value] = [snapshot.head(key), snapshot.entry(key), snapshot.value(key, never)];
    expect([head?.version, head?.deleted]).toEqual([entry?.version, entry?.deleted]);
    expect(value).toEqual(entry?.deleted === true ? undefined : entry?.value);
    return head?.deleted === true ? 'deleted' : head?.version;
  });
}

test('each snapshot shows the versions of its own place', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem() });
  const shots = [store.snapshot(NOW)];
  const writes = [
    [set('a', 1)],
    [set('b', 2), set('a', 3)],
    [remove('a', 4)],
    [set('a', 5, 30_000)],
    [set('c', 6)],
  ];
  for (const batch of writes) {
    store.apply(batch);
    shots.push(store.snapshot(NOW));
  }
  expect(shots.map((shot) => versionsIn(shot, ['a', 'b', 'c']))).toEqual([
    [undefined, undefined, undefined],
    [1, undefined, undefined],
    [3, 2, undefined],
    ['deleted', 2, undefined],
    [5, 2, undefined],
    [5, 2, 6],
  ]);
  expect(shots.map(({ sequence }) => sequence)).toEqual([0, 1, 3, 4, 5, 6]);
  expect(shots.map(({ liveKeys }) => liveKeys)).toEqual([0, 1, 2, 1, 2, 3]);
});

test('versions that have left memory are read from their files', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem(), maxSegmentSize: 2 ** 20 });
  store.apply([set('old', 1)]);
  const snapshot = store.snapshot(NOW);
  for (let version = 2; version < 200; version += 1) store.apply([set('old', version, 30_000)]);
  expect(versionsIn(snapshot, ['old'])).toEqual([1]);
  expect(store.stats().coldReads).toBeGreaterThan(0);
});

test('keys with deadlines are not counted when a snapshot is taken', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem() });
  store.apply([set('soon', 1, 20, 100)]);
  expect(store.snapshot(NOW).liveKeys).toBeUndefined();
});

interface Trial {
  readonly store: LogStore;
  readonly fill: () => void;
}

function storeOnFullDisk(): Trial {
  const disk = new FaultyFileSystem(new MemoryFileSystem());
  const store = openTrialStore({ fileSystem: disk });
  store.apply([set('kept', 1)]);
  store.commit(true);
  const fill = (): void => {
    disk.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
    expect(() => store.commit(true)).toThrow('no space left');
  };
  return { store, fill };
}

function resultOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return errorCode(error);
  }
}

test('a snapshot whose writes are taken back says so, every other one goes on', () => {
  const { store, fill } = storeOnFullDisk();
  const before = store.snapshot(NOW);
  store.apply([set('kept', 2)]);
  const within = store.snapshot(NOW);
  expect(versionsIn(within, ['kept'])).toEqual([2]);
  fill();
  const after = store.snapshot(NOW);
  store.apply([set('kept', 3)]);
  for (const read of ['head', 'entry'] as const) {
    expect(resultOf(() => within[read](utf8('kept')))).toBe('STORAGE_SNAPSHOT_REVOKED');
  }
  expect(resultOf(() => within.value(utf8('kept'), never))).toBe('STORAGE_SNAPSHOT_REVOKED');
  expect(resultOf(() => within.requireWhole())).toBe('STORAGE_SNAPSHOT_REVOKED');
  expect(versionsIn(before, ['kept'])).toEqual([1]);
  expect(versionsIn(after, ['kept'])).toEqual([1]);
});

test('what was written before a device ran full stays in a snapshot that was taken earlier still', () => {
  const { store, fill } = storeOnFullDisk();
  store.apply([set('kept', 2)]);
  const snapshot = store.snapshot(NOW);
  store.commit(true);
  store.apply([set('kept', 3)]);
  fill();
  expect(versionsIn(snapshot, ['kept'])).toEqual([2]);
});

test('a snapshot that slept through two such failures does not guess', () => {
  const { store, fill } = storeOnFullDisk();
  store.apply([set('kept', 2)]);
  const snapshot = store.snapshot(NOW);
  fill();
  store.apply([set('kept', 3)]);
  store.commit(true);
  store.apply([set('kept', 4)]);
  fill();
  expect(resultOf(() => snapshot.head(utf8('kept')))).toBe('STORAGE_SNAPSHOT_REVOKED');
});

test('the pins name the lowest place of all threads, and what a dead one held is free when its slot is', () => {
  const template = new SharedStoreTemplate({}, (store) => store.apply([set('a', 1), set('b', 2)]));
  const shared = template.copy();
  const [one, two] = [shared.join(), shared.join()];
  const pins = new SnapshotPins(new ControlMemory(shared.memory.control, 8));
  expect([pins.lowest(), pins.count, pins.oldest]).toEqual([Infinity, 0, undefined]);
  const [first, second] = [one.store.snapshot(10), two.store.snapshot(11)];
  two.store.apply([set('c', 3)]);
  const third = two.store.snapshot(12);
  expect([pins.lowest(), pins.count, pins.oldest]).toEqual([2, 3, { sequence: 2, takenAt: 10 }]);
  expect(one.store.stats()).toMatchObject({ openSnapshots: 3, oldestSnapshot: { sequence: 2, takenAt: 10 } });
  first.release();
  first.release();
  second.release();
  expect([pins.lowest(), pins.count]).toEqual([3, 1]);
  two.store.close();
  expect([pins.lowest(), pins.count]).toEqual([Infinity, 0]);
  // The slot may be somebody else's now.
  const next = shared.join();
  expect(next.slot).toBe(two.slot);
  next.store.snapshot(13);
  third.release();
  expect(pins.count).toBe(1);
});

test('a snapshot of an empty store pins it too', () => {
  const pins = new SnapshotPins(new ControlMemory(new ArrayBuffer(controlBytes(1)), 1));
  pins.set(3, 1, { sequence: 0, takenAt: 5 });
  expect(pins.lowest()).toBe(0);
  pins.clear(3);
  expect(pins.lowest()).toBe(Infinity);
});
