/**
 * Proves that a record on disk which cannot be read stands in the way of the writes that need it and of nothing else:
 * the batch is refused as a whole, nothing of it was ever visible, writing goes on, and what is committed afterwards has
 * nothing of it either.
 */
import { errorCode, utf8 } from '@htkv/base';
import { beforeEach, expect, test } from 'vitest';

import type { LogStore, RecordWrite } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const path = `${DIRECTORY}/segment-0000000000000001`;

let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
let store: LogStore;

const options = { maxSegmentSize: 2 ** 22 };

function set(name: string, bytes = 10): RecordWrite {
  return {
    type: 'set',
    key: utf8(name),
    value: new Uint8Array(bytes),
    version: 1,
    timestamp: 0,
    expiresAt: 100,
  };
}

/** More than memory holds, so that the first records lie on disk only. */
beforeEach(() => {
  memory = new MemoryFileSystem();
  fileSystem = new FaultyFileSystem(memory);
  store = openTrialStore({ ...options, fileSystem });
  for (let index = 0; index < 80; index += 1) store.apply([set(`old ${index}`, 30_000)]);
  store.commit(true);
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

test.for([
  ['damaged', () => memory.corrupt(path, 300, 1), () => memory.corrupt(path, 300, 1), 'STORAGE_CORRUPT'],
  [
    'unreadable for the moment',
    () => fileSystem.plan({ at: 1, kinds: ['read'], isSticky: true }),
    () => fileSystem.heal(),
    'STORAGE_IO',
  ],
] as const)('a batch that needs a record that is %s is refused as a whole', ([, harm, mend, code]) => {
  store.apply([set('open')]);
  const places = [store.progress.lastSequence, store.progress.openGroupBytes, store.liveKeys(0)];
  harm();
  const batch: RecordWrite[] = [
    set('new'),
    { type: 'delete', key: utf8('open'), version: 2, timestamp: 0 },
    set('large', 40_000),
    set('old 0'),
  ];
  expect(codeOf(() => store.apply(batch))).toBe(code);
  expect(codeOf(() => store.apply([set('old 0')]))).toBe(code);
  expect([store.progress.lastSequence, store.progress.openGroupBytes, store.liveKeys(0)]).toEqual(places);
  expect(store.read(utf8('new'))).toBeUndefined();
  expect(store.read(utf8('open'))?.deleted).toBe(false);
  expect(memory.list(DIRECTORY).some((name) => name.startsWith('value-'))).toBe(false);
  expect(store.poison).toBeUndefined();

  store.apply([set('after')]);
  store.commit(true);
  mend();
  store.apply([set('old 0')]);
  store.close();

  const again = openTrialStore({ ...options, fileSystem: memory });
  expect([again.liveKeys(0), again.progress.lastSequence]).toEqual([82, 83]);
  expect(again.read(utf8('new'))).toBeUndefined();
  expect(again.read(utf8('old 0'))?.sequence).toBe(83);
});
