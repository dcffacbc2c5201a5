/**
 * Proves that a read of a value in a file of its own which the sweep over expired entries and compaction take away
 * meanwhile finds that there is none, and not damage.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';
import { set } from './repair-scripts.ts';

test('an entry that is swept while its value is read is a deletion', () => {
  let isSwept = false;
  const faults = new FaultyFileSystem(new MemoryFileSystem(), {
    onCall: (kind, path) => {
      if (isSwept || kind !== 'open' || !path.includes('value-')) return;
      isSwept = true;
      const sweep = store.exclusively(() => store.compactor.beginSweep(1_000_000))!;
      while (!sweep.isDone) sweep.step(10);
      const pass = store.compactor.begin(true);
      while (pass.step());
    },
  });
  const store = openTrialStore({ fileSystem: faults });
  store.apply([set('key', 1, 40_000, 100)]);
  store.apply([set('other', 2, 1000)]);
  store.commit(true);
  expect(store.read(utf8('key'))).toMatchObject({ deleted: true, version: 1, value: new Uint8Array() });
  expect(isSwept).toBe(true);
});
