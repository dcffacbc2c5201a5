/**
 * An earlier store truncated its log every time it was opened: after a checkpoint and a clean close, a thousand keys
 * were in the index and none could be read, and new writes took the addresses of old ones. A log is only ever added to
 * here: every reopen finds all of it and goes on behind it.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('a thousand keys are there after each of several reopens, and more come to them', () => {
  const memory = new MemoryFileSystem();
  const options = { fileSystem: memory, maxSegmentSize: 2 ** 16, indexBytesMax: 2 ** 20 };
  let keys = 0;
  for (let life = 0; life < 5; life += 1) {
    const store = openTrialStore(options);
    expect(store.liveKeys(0)).toBe(keys);
    for (let index = 0; index < keys; index += 1) {
      expect(store.read(utf8(`key ${index}`))?.value).toEqual(utf8(`value ${index}`));
    }
    for (const end = keys + 1000; keys < end; keys += 1) {
      const value = utf8(`value ${keys}`);
      store.apply([{ type: 'set', key: utf8(`key ${keys}`), value, version: 1, timestamp: 0 }]);
    }
    expect(store.progress.lastSequence).toBe(keys);
    store.close();
  }
});

test('opening, reading and closing changes no file', () => {
  const memory = new MemoryFileSystem();
  const first = openTrialStore({ fileSystem: memory });
  first.apply([{ type: 'set', key: utf8('a'), value: utf8('b'), version: 1, timestamp: 0 }]);
  first.close();
  const { write, create, remove, truncate } = memory.counts;
  for (let life = 0; life < 3; life += 1) {
    const store = openTrialStore({ fileSystem: memory });
    expect(store.read(utf8('a'))?.version).toBe(1);
    store.close();
  }
  expect(memory.counts).toMatchObject({ write, create, remove, truncate });
});
