/**
 * An earlier store never wrote out the pages that it was full of: after as many writes as fitted its memory each
 * further one was answered "pending", for ever, and its file had no bytes. Here whoever needs a page writes the open
 * group and lets the oldest pages go, however long nobody asks for a commit.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('writes go on for sixteen times the memory without a commit, and only the last of it is not in a file', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 22, indexBytesMax: 2 ** 17 });
  const ringBytes = 8 * 2 ** 17;
  let count = 0;
  while (store.stats().logBytes < 16 * ringBytes) {
    const value = new Uint8Array(10_000).fill(count);
    const key = utf8(`${count}`);
    store.apply([{ type: 'set', key, value, version: 1, timestamp: 0 }]);
    count += 1;
    expect(store.progress.openGroupBytes).toBeLessThanOrEqual(ringBytes);
  }
  expect(store.stats().residentBytes).toBeLessThanOrEqual(ringBytes);

  const killed = openTrialStore({ fileSystem: memory.killed(), indexBytesMax: 2 ** 17 });
  expect(killed.progress.lastSequence).toBe(store.progress.writtenSequence);
  for (let index = 0; index < store.progress.writtenSequence; index += 1) {
    expect(killed.read(utf8(`${index}`))?.value[9_999]).toBe(index % 256);
  }
});
