/**
 * A process was killed after it had written the footer of a full segment and before it had synced it. The next one saw
 * the footer, took the segment for sealed and said so in the manifest. Then the power failed: the footer had never
 * reached the disk, and the store was refused as damaged although nothing was. What an unclean stop leaves open is
 * ended without its footer, whatever the page cache shows.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { CrashSignal, FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('a footer that only the page cache has does not seal its segment', () => {
  const memory = new MemoryFileSystem();
  let isFooterWritten = false;
  const fileSystem = new FaultyFileSystem(memory, {
    onCall: (kind, path) => {
      if (!path.endsWith('segment-0000000000000001')) return;
      const isFooterNext = kind === 'write' && memory.bytesOf(path).length > 3000;
      if (isFooterWritten && kind === 'sync') throw new CrashSignal();
      isFooterWritten ||= isFooterNext;
    },
  });
  const store = openTrialStore({ fileSystem });
  store.apply([{ type: 'set', key: utf8('a'), value: new Uint8Array(3000), version: 1, timestamp: 0 }]);
  store.commit(true);
  const next = {
    type: 'set',
    key: utf8('b'),
    value: new Uint8Array(3000),
    version: 2,
    timestamp: 0,
  } as const;
  expect(() => store.apply([next])).toThrow('has ended');
  expect(isFooterWritten).toBe(true);

  const survivor = memory.killed();
  const recovered = openTrialStore({ fileSystem: survivor });
  expect(recovered.read(utf8('a'))?.version).toBe(1);

  const afterPowerFailure = survivor.crash({ random: new SeededRandom('footer'), keep: 'none' });
  expect(openTrialStore({ fileSystem: afterPowerFailure }).read(utf8('a'))?.version).toBe(1);
});
