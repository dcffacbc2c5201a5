/**
 * An earlier store synced the segment that was being written and no other: what had been written to segments that were
 * full by then, and the directory with their names, was never synced, and a loss of power after an acknowledged
 * flush took nine segments out of ten. A segment is durable here, and its name, before the next one is begun.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('one sync makes everything durable, however many segments it went to', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  for (let index = 0; index < 40; index += 1) {
    const value = new Uint8Array(1000).fill(index);
    store.apply([{ type: 'set', key: utf8(`${index}`), value, version: 1, timestamp: 0 }]);
    if (index % 3 === 0) store.commit(false);
  }
  expect(store.stats().segments.length).toBeGreaterThan(9);
  store.commit(true);
  expect(store.progress.durableSequence).toBe(40);

  const survivor = memory.crash({ random: new SeededRandom('sealed'), keep: 'none' });
  const again = openTrialStore({ fileSystem: survivor });
  for (let index = 0; index < 40; index += 1) expect(again.read(utf8(`${index}`))?.value[999]).toBe(index);
});

test('what a full segment held is durable without a sync being asked for', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  for (let index = 0; index < 10; index += 1) {
    store.apply([
      { type: 'set', key: utf8(`${index}`), value: new Uint8Array(1000), version: 1, timestamp: 0 },
    ]);
  }
  const { durableSequence } = store.progress;
  expect(durableSequence).toBeGreaterThan(5);
  const survivor = memory.crash({ random: new SeededRandom('full'), keep: 'none' });
  expect(openTrialStore({ fileSystem: survivor }).progress.lastSequence).toBe(durableSequence);
});
