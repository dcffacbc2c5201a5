/**
 * Proves that the index bounds how many keys are alive, not how many there ever were: keys are put, deleted and forgotten
 * many times over in an index that a few thousand of them fill, in one opening, and neither its memory nor what is found
 * suffers. And that what fills it for real is refused.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { remove, set } from '../session/repair-scripts.ts';
import { openTrialStore } from '../trial-store.ts';

/** Two tables of 2,048 cells, seven tenths of which are 1,433 keys. */
const INDEX_BYTES = 2 ** 15 + 2048;
const KEYS = 1433;

test('thirty times as many keys as the index holds come and go', () => {
  const random = new SeededRandom('keys come and go');
  const store = openTrialStore({
    fileSystem: new MemoryFileSystem(),
    maxSegmentSize: 2 ** 16,
    indexBytesMax: INDEX_BYTES,
    compaction: { garbageRatio: 0.2, tombstoneGraceMs: 0 },
  });
  const compact = (): void => {
    const pass = store.compactor.begin(true);
    while (pass.step());
  };
  const alive = new Map<string, number>();
  let version = 0;
  let forgotten = 0;
  while (version < 30 * KEYS) {
    version += 1;
    const key = `key ${version}`;
    store.apply([set(key, version, 8)]);
    alive.set(key, version);
    if (alive.size > 300 + random.below(300)) {
      for (const gone of [...alive.keys()].slice(0, 200)) {
        store.apply([remove(gone, version)]);
        alive.delete(gone);
      }
      store.commit(true);
      compact();
      forgotten = store.stats().compaction.keysDropped;
    }
  }
  expect(forgotten).toBeGreaterThan(20 * KEYS);
  expect(store.stats().indexBytes).toBeLessThanOrEqual(INDEX_BYTES);
  expect(store.liveKeys(0)).toBe(alive.size);
  for (const [key, expected] of alive) expect(store.head(utf8(key))?.version).toBe(expected);
  expect(store.head(utf8('key 1'))).toBeUndefined();
  for (let more = 0; ; more += 1) {
    try {
      store.apply([set(`more ${more}`, (version += 1), 8)]);
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORAGE_FULL' });
      break;
    }
  }
  expect(store.stats().indexedKeys).toBe(KEYS);
  for (const [key, expected] of alive) expect(store.head(utf8(key))?.version).toBe(expected);
});
