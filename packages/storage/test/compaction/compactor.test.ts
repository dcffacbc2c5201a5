/**
 * Proves what a pass of compaction does to the files and to what readers find, a step at a time: copies take the places
 * of their originals at once, files go only when manifests do not name them, slots are given out again without end,
 * and damage is never copied.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { CompactionReport, LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { SLOT_COUNT } from '../../src/format/geometry.ts';
import { set, remove } from '../session/repair-scripts.ts';
import { DIRECTORY, openTrialStore, TRIAL_COMPACTION, withTrialStore } from '../trial-store.ts';

function compact(store: LogStore, isForced = true): CompactionReport {
  const pass = store.compactor.begin(isForced);
  while (pass.step());
  return pass.report;
}

function valueOf(store: LogStore, key: string): string | undefined {
  const entry = store.read(utf8(key));
  return entry === undefined || entry.deleted ? undefined : `${entry.version} x ${entry.value.length}`;
}

function filesOf(memory: MemoryFileSystem, kind: string): string[] {
  return memory.list(DIRECTORY).filter((name) => name.startsWith(kind));
}

/** Three segments: the first all dead but `kept`, the second all dead, the third written to. */
function withGarbage(memory: MemoryFileSystem): LogStore {
  const store = openTrialStore({ fileSystem: memory });
  store.apply([set('kept', 1, 100)]);
  for (let version = 2; version < 6; version += 1) store.apply([set('often', version, 1800)]);
  store.commit(true);
  return store;
}

test('what is needed is copied as it was, and the rest goes with its files', () => {
  const memory = new MemoryFileSystem();
  const store = withGarbage(memory);
  const before = store.head(utf8('kept'));
  expect(store.stats().segments.length).toBeGreaterThan(2);
  const report = compact(store);
  expect(report).toMatchObject({ segmentsRetained: 0, recordsRelocated: 1, damages: [] });
  expect(report.segmentsRemoved).toBe(filesOf(memory, 'segment').length + report.segmentsRemoved - 1);
  expect(store.head(utf8('kept'))).toEqual(before);
  expect([valueOf(store, 'kept'), valueOf(store, 'often')]).toEqual(['1 x 100', '5 x 1800']);
  expect(store.stats().compaction).toMatchObject({ segmentsRemoved: report.segmentsRemoved, keysDropped: 0 });
  store.close();
  const again = openTrialStore({ fileSystem: memory });
  expect([valueOf(again, 'kept'), valueOf(again, 'often')]).toEqual(['1 x 100', '5 x 1800']);
  expect(again.head(utf8('kept'))).toEqual(before);
});

test('a second pass finds nothing to do, and says so', () => {
  const store = withGarbage(new MemoryFileSystem());
  compact(store);
  expect(compact(store)).toEqual({
    segmentsRemoved: 0,
    segmentsRetained: 0,
    bytesReclaimed: 0,
    recordsRelocated: 0,
    bytesRelocated: 0,
    keysDropped: 0,
    damages: [],
  });
});

test('a store that is written over and over takes many more segments than it has slots', () => {
  withTrialStore({ fileSystem: new MemoryFileSystem() }, (store) => {
    for (let version = 1; version <= 2 * (SLOT_COUNT + 100); version += 1) {
      store.apply([set(`key ${version % 3}`, version, 1800)]);
    }
    const { segments, compaction } = store.stats();
    expect(compaction.segmentsRemoved).toBeGreaterThan(SLOT_COUNT);
    expect(segments.length).toBeLessThan(14);
    const last = 2 * (SLOT_COUNT + 100);
    expect(valueOf(store, 'key 0')).toBe(`${last - (last % 3)} x 1800`);
  });
});

test('the log stays within twice what is live and three segments, whoever does not wait', () => {
  withTrialStore({ fileSystem: new MemoryFileSystem() }, (store) => {
    for (let version = 1; version <= 3000; version += 1) {
      store.apply([set(`key ${(version * 7) % 40}`, version, 300 + (version % 200))]);
      if (version % 50 !== 0) continue;
      // What is still open has replaced what is written, and does not count itself.
      store.commit(false);
      const { segments, logBytes } = store.stats();
      const live = segments.reduce((sum, { bytes, garbageBytes }) => sum + bytes - garbageBytes, 0);
      expect(logBytes).toBeLessThanOrEqual(2 * live + 3 * 4096);
    }
  });
});

test('a deletion stays as long as an older record of its key is somewhere, and as long as the grace', () => {
  const options = { compaction: { garbageRatio: 0.5, tombstoneGraceMs: 1000 } };
  withTrialStore({ ...options, fileSystem: new MemoryFileSystem() }, (store) => {
    store.apply([set('gone', 1, 100)]);
    store.apply([{ type: 'delete', key: utf8('gone'), version: 2, timestamp: 5000 }]);
    store.noteTime(5999);
    compact(store);
    expect(store.head(utf8('gone'))).toMatchObject({ deleted: true, version: 2 });
    store.noteTime(6000);
    expect(compact(store)).toMatchObject({ keysDropped: 1 });
    expect(store.head(utf8('gone'))).toBeUndefined();
    expect([store.stats().indexedKeys, store.liveKeys(0)]).toEqual([0, 0]);
  });
});

test('an entry whose deadline has come goes like a deletion', () => {
  const options = { compaction: { garbageRatio: 0.5, tombstoneGraceMs: 0 } };
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ ...options, fileSystem: memory });
  store.apply([set('soon', 1, 40_000, 100), set('late', 2, 40_000, 900), set('soon', 3, 40_000, 100)]);
  store.noteTime(500);
  expect(compact(store)).toMatchObject({ keysDropped: 1, recordsRelocated: 1 });
  expect([valueOf(store, 'soon'), valueOf(store, 'late')]).toEqual([undefined, '2 x 40000']);
  expect(filesOf(memory, 'value')).toHaveLength(1);
});

test('values in files of their own go with the last record that needs them', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  for (let version = 1; version <= 4; version += 1) store.apply([set('large', version, 40_000)]);
  store.apply([set('other', 9, 40_000)]);
  store.commit(true);
  expect(filesOf(memory, 'value')).toHaveLength(5);
  compact(store);
  expect(filesOf(memory, 'value')).toHaveLength(2);
  store.apply([set('small', 10), remove('other', 11)]);
  compact(store);
  expect(filesOf(memory, 'value')).toHaveLength(1);
  expect(valueOf(store, 'large')).toBe('4 x 40000');
});

/** Flips a bit in the value of `kept`, and returns the path of its segment. */
function damageKept(store: LogStore, memory: MemoryFileSystem): string {
  const { path } = store.stats().segments[0]!;
  const bytes = memory.bytesOf(path);
  bytes[128 + 48 + 8 + 10]! ^= 1;
  memory.replaceDurable(path, bytes);
  return path;
}

test('a record that is damaged keeps its segment, is not copied, and is reported', () => {
  const memory = new MemoryFileSystem();
  // More than memory holds, so that the first segment is on disk only; and little enough for nothing to be compacted.
  const store = openTrialStore({ fileSystem: memory, compaction: { ...TRIAL_COMPACTION, garbageRatio: 1 } });
  store.apply([set('kept', 1, 100)]);
  for (let key = 0; key < 40; key += 1) store.apply([set(`key ${key}`, key + 2, 1800)]);
  store.apply([set('key 0', 50, 1800)]);
  store.commit(true);
  const path = damageKept(store, memory);
  const report = compact(store);
  expect(report.damages).toMatchObject([{ code: 'STORAGE_CORRUPT', details: { path, offset: 128 } }]);
  expect(store.stats().segments[0]!.path).toBe(path);
  expect(valueOf(store, 'key 0')).toBe('50 x 1800');
  expect(compact(store).damages).toEqual([]);
});

test('damage to the file of a record that memory holds goes with its segment', () => {
  const memory = new MemoryFileSystem();
  const store = withGarbage(memory);
  damageKept(store, memory);
  expect(compact(store)).toMatchObject({ recordsRelocated: 1, damages: [] });
  store.close();
  const again = openTrialStore({ fileSystem: memory });
  expect([valueOf(again, 'kept'), valueOf(again, 'often')]).toEqual(['1 x 100', '5 x 1800']);
});

test('copies that were taken back for want of room are made again before their segment goes', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem: faults, maxSegmentSize: 2 ** 21, memoryBudget: 2 ** 21 });
  for (let index = 0; index < 60; index += 1) store.apply([set(`key ${index}`, index + 1, 20_000)]);
  for (let index = 0; index < 60; index += 2) store.apply([set(`key ${index}`, index + 100, 20_000)]);
  store.commit(true);
  const pass = store.compactor.begin(true);
  for (let step = 0; step < 3; step += 1) pass.step();
  faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  expect(() => store.commit(true)).toThrow('no space');
  faults.heal();
  while (pass.step());
  for (let index = 0; index < 60; index += 1) {
    const version = index % 2 === 0 ? index + 100 : index + 1;
    expect(valueOf(store, `key ${index}`), `key ${index}`).toBe(`${version} x 20000`);
  }
});
