/**
 * Proves that compaction which meets a damaged record, in whatever segment and for whatever reason it looks at it, leaves
 * alone what it cannot empty: writing goes on, and the other segments are emptied.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { remove, set } from '../session/repair-scripts.ts';
import { openTrialStore, TRIAL_COMPACTION } from '../trial-store.ts';

const options = { compaction: { ...TRIAL_COMPACTION, garbageRatio: 1 } };

function damage(memory: MemoryFileSystem, path: string): void {
  const bytes = memory.bytesOf(path).slice();
  bytes[128 + 48 + 8 + 10]! ^= 1;
  memory.replaceDurable(path, bytes);
}

/** A forced pass, which comes to its end; and writing goes on. Returns the codes of what it has met. */
function compact(store: LogStore): string[] {
  const pass = store.compactor.begin(true);
  while (pass.step());
  expectWritable(store);
  return pass.report.damages.map(({ code }) => code);
}

function expectWritable(store: LogStore): void {
  expect(store.poison).toBeUndefined();
  store.apply([set('after', 1000)]);
  store.commit(true);
}

test('deadlines that cannot be read hold up neither writing nor compaction', () => {
  const memory = new MemoryFileSystem();
  const first = openTrialStore({ ...options, fileSystem: memory, maxSegmentSize: 2 ** 20 });
  first.apply([set('soon', 1, 20, 100)]);
  for (let key = 0; key < 40; key += 1) first.apply([set(`key ${key}`, key + 2, 20_000)]);
  const { path } = first.stats().segments[0]!;
  for (let key = 40; key < 80; key += 1) first.apply([set(`key ${key}`, key + 2, 20_000)]);
  const run = first.beginCheckpoint();
  while (!run.step());
  first.apply([set('key 79', 90, 20_000)]);
  first.close();
  damage(memory, path);
  const store = openTrialStore({ ...options, fileSystem: memory, maxSegmentSize: 2 ** 20 });
  expect(store.report.checkpointId).not.toBe(0);
  store.noteTime(1_000_000);
  expect(store.exclusively(() => store.compactor.isDue)).toBe(false);
  expect(compact(store)).toEqual([]);
});

test('a damaged newest record of a key whose older one goes with its segment, with ranges', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ ...options, fileSystem: memory });
  store.apply([set('a', 1, 1800), set('b', 2, 1800)]);
  store.apply([set('b', 3, 1800)]);
  const { path } = store.stats().segments.at(-1)!;
  store.apply([set('a', 4, 1000)]);
  for (let key = 0; key < 40; key += 1) store.apply([set(`key ${key}`, key + 5, 1800)]);
  store.commit(true);
  const all = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };
  store.collectKeys(all, false, 100);
  damage(memory, path);
  expect(() => store.read(utf8('b'))).toThrow('damaged');
  expect(compact(store)).toContain('STORAGE_CORRUPT');
});

test('a damaged newest record of a key whose older one has a value in a file of its own', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ ...options, orderedBytesMax: 0, fileSystem: memory });
  store.apply([set('b', 1, 40_000)]);
  store.apply([set('a', 2, 1800), set('c', 3, 1800)]);
  store.apply([set('b', 4, 1800)]);
  const { path } = store.stats().segments.at(-1)!;
  for (let key = 0; key < 40; key += 1) store.apply([set(`key ${key}`, key + 5, 1800)]);
  store.apply([remove('a', 100), remove('c', 101)]);
  store.commit(true);
  damage(memory, path);
  expect(() => store.read(utf8('b'))).toThrow('damaged');
  expect(compact(store)).toContain('STORAGE_CORRUPT');
});

test('a segment that cannot be opened for the moment stays, and writing goes on', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const first = openTrialStore({ ...options, fileSystem: memory });
  for (let key = 0; key < 40; key += 1) first.apply([set(`key ${key}`, key + 1, 1800)]);
  first.apply([remove('key 0', 50), remove('key 5', 51)]);
  const { path } = first.stats().segments[0]!;
  first.close();
  const store = openTrialStore({ ...options, fileSystem: faults });
  faults.plan({ at: 1, kinds: ['open'], code: 'EMFILE', path: (opened) => opened === path });
  expect(compact(store)).toEqual(['STORAGE_IO']);
  expect(store.stats().segments[0]!.path).toBe(path);
});

test('a sweep leaves alone what was written again and cannot be read', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({
    ...options,
    indexMemoryBudget: 2 ** 15,
    orderedBytesMax: 0,
    fileSystem: memory,
  });
  store.apply([set('soon', 1, 1800, 100)]);
  const sweep = store.exclusively(() => store.compactor.beginSweep(1_000_000))!;
  store.apply([set('a', 2, 1800), set('b', 3, 1800)]);
  store.apply([set('soon', 4, 1800)]);
  const { path } = store.stats().segments.at(-1)!;
  for (let key = 0; key < 40; key += 1) store.apply([set(`key ${key}`, key + 5, 1800)]);
  store.commit(true);
  damage(memory, path);
  expect(() => store.read(utf8('soon'))).toThrow('damaged');
  sweep.step(10);
  expect([sweep.isDone, sweep.keysSwept]).toEqual([true, 0]);
  expectWritable(store);
});
