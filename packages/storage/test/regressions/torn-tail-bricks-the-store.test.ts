/**
 * An earlier store had no checksums. A log that was cut in the middle of a record could not be opened any more; one with
 * a few stray bytes at its end could, and the next acknowledged write, put behind them, made everything unreadable; and
 * a flipped bit of a value was served as data. A torn tail is dropped here, nothing is ever written behind it, and
 * a flipped bit is an error.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const path = `${DIRECTORY}/segment-0000000000000001`;

function storeWithTwoGroups(): { memory: MemoryFileSystem; firstEnd: number } {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.apply([{ type: 'set', key: utf8('a'), value: utf8('first'), version: 1, timestamp: 0 }]);
  store.commit(true);
  const firstEnd = memory.bytesOf(path).length;
  store.apply([{ type: 'set', key: utf8('b'), value: utf8('second'), version: 2, timestamp: 0 }]);
  store.commit(true);
  return { memory: memory.crash({ random: new SeededRandom('torn'), keep: 'none' }), firstEnd };
}

test('a log that was cut anywhere in its last group opens, and takes writes that stay', () => {
  const { memory, firstEnd } = storeWithTwoGroups();
  const { length } = memory.bytesOf(path);
  for (let cut = firstEnd; cut < length; cut += 1) {
    const copy = memory.killed();
    copy.truncateDurable(path, cut);
    const store = openTrialStore({ fileSystem: copy });
    expect(store.report.tornBytes).toBe(cut - firstEnd);
    expect(store.read(utf8('a'))?.version).toBe(1);
    store.apply([{ type: 'set', key: utf8('c'), value: utf8('third'), version: 3, timestamp: 0 }]);
    store.commit(true);
    const again = openTrialStore({ fileSystem: copy.crash({ random: new SeededRandom(cut), keep: 'none' }) });
    expect([again.read(utf8('a'))?.version, again.read(utf8('c'))?.version]).toEqual([1, 3]);
  }
});

test('stray bytes behind the log are dropped and not built upon', () => {
  for (let count = 1; count < 40; count += 1) {
    const { memory } = storeWithTwoGroups();
    const stray = new SeededRandom(count).bytes(count);
    memory.replaceDurable(path, new Uint8Array([...memory.bytesOf(path), ...stray]));
    for (let life = 0; life < 3; life += 1) {
      const store = openTrialStore({ fileSystem: memory });
      store.apply([{ type: 'delete', key: Uint8Array.of(life), version: 9, timestamp: 0 }]);
      store.close();
    }
    const store = openTrialStore({ fileSystem: memory });
    expect([store.read(utf8('a'))?.version, store.read(utf8('b'))?.version]).toEqual([1, 2]);
    expect(store.progress.lastSequence).toBe(5);
  }
});

test('a flipped bit of a value is an error, while the store is open too', () => {
  const memory = new MemoryFileSystem();
  // More pages than stay in memory, so that the first are read from the file again.
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 22 });
  for (let index = 0; index < 80; index += 1) {
    const value = new Uint8Array(30_000).fill(index);
    store.apply([{ type: 'set', key: utf8(`${index}`), value, version: 1, timestamp: 0 }]);
  }
  store.commit(true);
  memory.corrupt(path, 300, 1);
  let failure: unknown;
  try {
    store.read(utf8('0'));
  } catch (error) {
    failure = error;
  }
  expect(errorCode(failure)).toBe('STORAGE_CORRUPT');
  expect(failure).toMatchObject({ details: { path, offset: 128 } });
  expect(store.read(utf8('1'))?.value[7]).toBe(1);
});
