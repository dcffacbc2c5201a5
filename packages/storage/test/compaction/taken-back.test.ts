/**
 * Proves that compaction which was interrupted by a full device needs again what is needed again: the values of records
 * that were replaced, until what replaced them was taken back.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { set } from '../session/repair-scripts.ts';
import { openTrialStore } from '../trial-store.ts';

test('a value in a file of its own stays if what had replaced its record is taken back', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem: faults, maxSegmentSize: 2 ** 21, memoryBudget: 2 ** 21 });
  store.apply([set('large', 1, 300_000)]);
  store.commit(true);
  for (let index = 0; index < 60; index += 1) store.apply([set(`key ${index}`, index + 2, 20_000)]);
  for (let index = 0; index < 60; index += 2) store.apply([set(`key ${index}`, index + 100, 20_000)]);
  store.commit(true);
  const pass = store.compactor.begin(true);
  for (let step = 0; step < 2; step += 1) pass.step();
  store.apply([set('large', 200, 10)]);
  pass.step();
  faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  expect(() => store.commit(true)).toThrow('no space');
  faults.heal();
  expect(store.read(utf8('large'))?.value).toHaveLength(300_000);
  while (pass.step());
  expect(pass.report.segmentsRemoved).toBe(1);
  expect(store.read(utf8('large'))).toMatchObject({ version: 1 });
  expect(store.read(utf8('large'))?.value).toHaveLength(300_000);
});
