/**
 * A process with a large memory budget wrote one large group and died. The next one had a small budget, so the group
 * that it had to write again did not fit its memory at once, and it refused to open the store. Recovery writes what it
 * found in as many groups as it needs, because only the manifest at the end makes them count.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('a group is written again with less memory than it was written with', () => {
  const memory = new MemoryFileSystem();
  const options = { maxSegmentSize: 2 ** 24, memoryBudget: 2 ** 24 };
  const store = openTrialStore({ ...options, fileSystem: memory });
  for (let index = 0; index < 28; index += 1) {
    const value = new Uint8Array(250_000).fill(index);
    store.apply([{ type: 'set', key: utf8(`${index}`), value, version: index + 1, timestamp: 0 }]);
  }
  store.commit(true);

  const crashed = memory.crash({ random: new SeededRandom('memory'), keep: 'none' });
  const again = openTrialStore({ ...options, fileSystem: crashed, memoryBudget: 1 });
  expect(again.report.rewrittenGroups).toBe(1);
  for (let index = 0; index < 28; index += 1) expect(again.read(utf8(`${index}`))?.value[100]).toBe(index);
  again.close();
  expect(openTrialStore({ ...options, fileSystem: crashed }).liveKeys(0)).toBe(28);
});
