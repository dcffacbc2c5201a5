/**
 * An earlier store marked a page as being flushed and never as flushed: what was written to it after its first flush
 * never reached the disk, and half of all writes were gone after three more checkpoints. And its pages could leave
 * memory before they were written. Here every commit writes what was appended since the last, wherever in a page that
 * began, and a page leaves memory only when all of it is in the file.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('each of many commits to the same page is on the disk', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 17 });
  for (let index = 0; index < 200; index += 1) {
    store.apply([{ type: 'set', key: utf8(`${index}`), value: utf8(`${index}`), version: 1, timestamp: 0 }]);
    store.commit(true);
    const survivor = memory.crashed({ random: new SeededRandom(index), keep: 'none' });
    if (index % 20 === 0)
      expect(openTrialStore({ fileSystem: survivor }).progress.lastSequence).toBe(index + 1);
  }
  const again = openTrialStore({
    fileSystem: memory.crash({ random: new SeededRandom('end'), keep: 'none' }),
  });
  for (let index = 0; index < 200; index += 1)
    expect(again.read(utf8(`${index}`))?.value).toEqual(utf8(`${index}`));
});

test('what no longer fits memory is in the file before it goes, committed or not', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 23 });
  for (let index = 0; index < 200; index += 1) {
    const value = new Uint8Array(30_000).fill(index);
    store.apply([{ type: 'set', key: utf8(`${index}`), value, version: 1, timestamp: 0 }]);
  }
  for (let index = 0; index < 200; index += 1)
    expect(store.read(utf8(`${index}`))?.value[29_999]).toBe(index);
  expect(store.stats().coldReads).toBeGreaterThan(100);
  expect(store.stats().residentBytes).toBeLessThanOrEqual(8 * 2 ** 17);
});
