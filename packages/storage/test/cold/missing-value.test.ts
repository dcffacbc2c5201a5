/**
 * Proves that the missing file of a value is damage, and said to be, also where its key has left the index: by a check of
 * the files, and by a reader of the log.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { set } from '../session/repair-scripts.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';
import { COLD_OPTIONS } from './cold-trial.ts';

/** A store in which `large` has left the index, and its value is not there; `replaced` has another value. */
function storeWithoutValue(): LogStore {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ ...COLD_OPTIONS, fileSystem: memory });
  store.apply([set('large', 1, 40_000), set('replaced', 2, 40_000)]);
  for (let key = 0; key < 600; key += 1) store.apply([set(`key ${key}`, key + 3, 40)]);
  store.apply([set('replaced', 1000, 10)]);
  store.commit(true);
  expect(store.stats().coldIndex?.coldKeys).toBeGreaterThan(200);
  for (const name of memory.list(DIRECTORY))
    if (name.startsWith('value')) memory.remove(`${DIRECTORY}/${name}`);
  return store;
}

test('a check names it', () => {
  const store = storeWithoutValue();
  const check = store.check();
  while (check.step() !== undefined);
  expect(check.report!.findings).toMatchObject([{ actual: 'no file', affectedKeys: 1 }]);
  expect(() => store.read(utf8('large'))).toThrow('damaged');
});

test('a reader of the log fails with it', () => {
  const store = storeWithoutValue();
  const reader = store.feed.open({ since: 0, keys: undefined, marksBatches: false });
  expect(() => reader.read()).toThrow('damaged');
});
