/**
 * An earlier store moved the entries of its index as they had been when the move began: whoever overwrote a key
 * meanwhile was told that it was done, and found the old value again, by the thousand and over a reopen. Here entries
 * move while the table grows, a few with every insertion, and at each point of a growth any key may be overwritten.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('the newest write of each key is found at every point of three growths, and after a reopen', () => {
  const random = new SeededRandom('overwrites while the index grows');
  const memory = new MemoryFileSystem();
  const options = { maxSegmentSize: 2 ** 20, indexBytesMax: 2 ** 20, indexLoadFactor: 0.3 };
  const store = openTrialStore({ fileSystem: memory, ...options });
  const newest: number[] = [];
  let version = 0;
  const write = (key: number): void => {
    version += 1;
    const value = utf8(`${version}`);
    store.apply([{ type: 'set', key: utf8(`${key}`), value, version, timestamp: 0 }]);
    newest[key] = version;
  };
  const { indexBytes } = store.stats();
  for (let key = 0; key < 3000; key += 1) {
    write(key);
    for (let again = 0; again < 3; again += 1) write(random.below(key + 1));
    const seen = random.below(key + 1);
    expect(store.head(utf8(`${seen}`))?.version, `key ${seen} of ${key + 1}`).toBe(newest[seen]);
  }
  expect(store.stats().indexBytes).toBeGreaterThan(8 * indexBytes);
  const versions = (of: typeof store): (number | undefined)[] =>
    newest.map((_, key) => of.head(utf8(`${key}`))?.version);
  expect(versions(store)).toEqual(newest);
  store.commit(true);
  const survivor = memory.crash({ random: new SeededRandom('power'), keep: 'none' });
  expect(versions(openTrialStore({ fileSystem: survivor, ...options }))).toEqual(newest);
});
