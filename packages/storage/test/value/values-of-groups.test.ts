/**
 * Proves that values in files of their own belong to the group of their records: they stay once it is written and go
 * when it is given up, also while the group before is being written; and that their ids are never used twice.
 */
import { errorCode, utf8 } from '@htkv/base';
import { beforeEach, expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { SteppedCommitRunner } from '../io/stepped-commit-runner.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const VALUE_BYTES = 40_000;

let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
let runner: SteppedCommitRunner | undefined;
let store: LogStore;

beforeEach(() => {
  memory = new MemoryFileSystem();
  fileSystem = new FaultyFileSystem(memory);
  runner = undefined;
  store = open();
});

function open(): LogStore {
  return openTrialStore({
    fileSystem,
    maxSegmentSize: 2 ** 20,
    startCommitRunner: (shared, onDone) => (runner = new SteppedCommitRunner(fileSystem, shared, onDone)),
  });
}

function put(name: string, bytes = VALUE_BYTES): void {
  const version = store.progress.lastSequence + 1;
  store.apply([{ type: 'set', key: utf8(name), value: new Uint8Array(bytes), version, timestamp: 0 }]);
}

/** Numbers of the value files that exist. */
function valueIds(): number[] {
  const names = memory.list(DIRECTORY).filter((name) => name.startsWith('value-'));
  return names.map((name) => Number(name.slice('value-'.length))).sort((one, other) => one - other);
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

/** Fails the first write of `call` for want of room. */
function withoutRoom(call: () => unknown): void {
  fileSystem.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  expect(codeOf(call)).toBe('STORAGE_NO_SPACE');
  fileSystem.heal();
}

test('ids are never used again, not even those of writes that failed', () => {
  put('one');
  store.commit(true);
  withoutRoom(() => put('two'));
  expect(valueIds()).toEqual([1]);
  put('three');
  store.commit(true);
  expect(valueIds()).toEqual([1, 3]);
  store.close();
  store = open();
  put('four');
  expect(valueIds()).toEqual([1, 3, 4]);
  store.close();
});

test('what is given up goes, what its group has been written for stays', () => {
  put('one');
  store.commit(false);
  put('two');
  put('three');
  expect(valueIds()).toEqual([1, 2, 3]);
  withoutRoom(() => store.commit(true));
  expect(valueIds()).toEqual([1]);
  expect(store.read(utf8('one'))?.value.length).toBe(VALUE_BYTES);
  expect(store.read(utf8('two'))).toBeUndefined();
  store.close();
  expect(memory.openFileCount).toBe(0);
});

test('a batch that fails keeps nothing, and takes nothing of its group along', () => {
  put('one');
  fileSystem.plan({ at: 3, kinds: ['create'], code: 'EIO' });
  const writes = ['two', 'three', 'four'].map((name, index) => ({
    type: 'set' as const,
    key: utf8(name),
    value: new Uint8Array(VALUE_BYTES),
    version: 2 + index,
    timestamp: 0,
  }));
  expect(codeOf(() => store.apply(writes))).toBe('STORAGE_IO');
  expect(valueIds()).toEqual([1]);
});

test('values of the next group do not stay because the one before was written', () => {
  for (let round = 0; round < 8; round += 1) {
    put('small', 10);
    store.commit(true);
  }
  put('one');
  expect(store.commitInBackground(true, () => {})).toBe(true);
  put('two');
  runner!.land();
  expect(valueIds()).toEqual([1, 2]);
  withoutRoom(() => store.commit(true));
  expect(valueIds()).toEqual([1]);
  store.close();
});

test('values of both groups go when the one before is not written', () => {
  for (let round = 0; round < 8; round += 1) {
    put('small', 10);
    store.commit(true);
  }
  put('one');
  expect(store.commitInBackground(true, () => {})).toBe(true);
  put('two');
  fileSystem.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  runner!.land();
  expect(valueIds()).toEqual([]);
  expect(store.read(utf8('one'))).toBeUndefined();
});
