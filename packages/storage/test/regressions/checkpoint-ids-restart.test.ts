/**
 * In an earlier system checkpoint ids began at 1 again after every restart while recovery took the highest one, so an old
 * checkpoint won over all newer ones; a checkpoint that had failed was in progress for ever, and no other one could
 * be made; and what it saved was whatever a map held while writes went on.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

function set(store: LogStore, version: number): void {
  store.apply([{ type: 'set', key: utf8('key'), value: Uint8Array.of(version), version, timestamp: 0 }]);
}

function checkpoint(store: LogStore): number {
  const run = store.beginCheckpoint();
  while (!run.step());
  return run.result!.checkpointId;
}

test('the newest checkpoint wins after every restart', () => {
  const memory = new MemoryFileSystem();
  let last = 0;
  for (let version = 1; version <= 5; version += 1) {
    const store = openTrialStore({ fileSystem: memory });
    expect(store.report.checkpointId).toBe(last);
    expect(store.read(utf8('key'))?.version).toBe(version === 1 ? undefined : version - 1);
    set(store, version);
    const id = checkpoint(store);
    expect(id).toBeGreaterThan(last);
    last = id;
    store.close();
  }
});

test('a checkpoint that failed does not keep the next one from being made', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem: faults });
  set(store, 1);
  store.commit(true);
  for (const kind of ['create', 'write', 'sync'] as const) {
    faults.plan({ at: 1, kinds: [kind], code: kind === 'sync' ? 'EIO' : 'ENOSPC' });
    expect(() => checkpoint(store), kind).toThrow(expect.objectContaining({ code: expect.any(String) }));
    faults.heal();
  }
  expect(store.poison).toBeUndefined();
  expect(checkpoint(store)).toBeGreaterThan(0);
  expect(memory.list('/data').filter((name) => name.startsWith('checkpoint-'))).toHaveLength(1);
});

test('a checkpoint shows one moment, whatever is written while it is made', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 1);
  const run = store.beginCheckpoint();
  let version = 1;
  while (!run.step()) {
    version += 1;
    set(store, version);
  }
  const opened = openTrialStore({ fileSystem: memory.killed() });
  expect(opened.report.checkpointId).toBe(run.result!.checkpointId);
  expect(opened.read(utf8('key'))).toMatchObject({ version, value: Uint8Array.of(version) });
  expect(opened.stats().indexedKeys).toBe(1);
});
