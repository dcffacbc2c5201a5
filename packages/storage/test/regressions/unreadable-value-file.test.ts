/**
 * The last group before a power failure had a value in a file of its own. When the store was opened again that file
 * could not be opened for a moment, for want of file handles, and recovery took the acknowledged group for a torn write
 * and dropped it. Only a file that is missing or cut short says that its group was being written; one that cannot be
 * looked at says nothing, and the open fails.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test.for(['open', 'read'] as const)('a value file that recovery fails to %s is not a torn write', (kind) => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  const key = utf8('large');
  store.apply([{ type: 'set', key, value: new Uint8Array(40_000), version: 1, timestamp: 0 }]);
  store.commit(true);

  const crashed = memory.crash({ random: new SeededRandom('value'), keep: 'none' });
  const fileSystem = new FaultyFileSystem(crashed);
  fileSystem.plan({ at: 1, kinds: [kind], path: (path) => path.includes('value-'), code: 'EMFILE' });
  let failure: unknown;
  try {
    openTrialStore({ fileSystem });
  } catch (error) {
    failure = error;
  }
  expect(errorCode(failure)).toBe('STORAGE_IO');
  expect(openTrialStore({ fileSystem: crashed }).read(key)?.version).toBe(1);
});
