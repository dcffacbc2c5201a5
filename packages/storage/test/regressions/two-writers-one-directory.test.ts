/**
 * An earlier store had no lock, no magic and no version: a tool that was run on the directory of a running process
 * rewrote its files under it, and a file of anything at all was read as a log. A second writer is refused here, also in
 * the same process, while readers are welcome; and the lock is free as soon as its holder is gone.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

test('a second writer is refused and changes nothing, a reader is not', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.apply([{ type: 'set', key: utf8('a'), value: utf8('b'), version: 1, timestamp: 0 }]);
  store.commit(true);
  const before = memory.list(DIRECTORY);
  expect(codeOf(() => openTrialStore({ fileSystem: memory }))).toBe('STORAGE_LOCKED');
  expect(memory.list(DIRECTORY)).toEqual(before);

  const reader = openTrialStore({ fileSystem: memory, readOnly: true });
  expect(reader.read(utf8('a'))?.version).toBe(1);
  expect(codeOf(() => reader.apply([{ type: 'delete', key: utf8('a'), version: 2, timestamp: 0 }]))).toBe(
    'STORAGE_READ_ONLY',
  );
  expect(codeOf(() => reader.commit(true))).toBe('STORAGE_READ_ONLY');
  reader.close();

  store.close();
  openTrialStore({ fileSystem: memory }).close();
  expect(memory.lockCount).toBe(0);
});

test('the lock goes with its process', () => {
  const memory = new MemoryFileSystem();
  openTrialStore({ fileSystem: memory });
  expect(codeOf(() => openTrialStore({ fileSystem: memory }))).toBe('STORAGE_LOCKED');
  openTrialStore({ fileSystem: memory.killed() }).close();
});

test('a file of anything at all is not read as a log', () => {
  const memory = new MemoryFileSystem();
  openTrialStore({ fileSystem: memory }).close();
  const [manifest] = memory.list(DIRECTORY);
  memory.replaceDurable(`${DIRECTORY}/${manifest}`, utf8('#!/bin/sh\n'));
  memory.replaceDurable(`${DIRECTORY}/segment-0000000000000001`, utf8('{"not": "a log"}'));
  expect(codeOf(() => openTrialStore({ fileSystem: memory }))).toBe('STORAGE_CORRUPT');
});
