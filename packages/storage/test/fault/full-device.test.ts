/**
 * Proves what a full device means in the long run: a write is refused as not committed and nothing of it stays, not
 * even its value file; however often that happens, no segment is used up by it; what was written before stays readable;
 * and when there is room again, writing goes on.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { systemError } from '../../src/fs/system-error.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

function set(store: LogStore, name: string, bytes: number): void {
  const version = store.progress.lastSequence + 1;
  store.apply([{ type: 'set', key: utf8(name), value: new Uint8Array(bytes), version, timestamp: 0 }]);
}

function codeOf(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

/** A device with room for headers and manifests, and none for groups of records while `isFull` says so. */
function deviceWithoutRoomForGroups(memory: MemoryFileSystem, isFull: () => boolean): FaultyFileSystem {
  return new FaultyFileSystem(memory, {
    onCall: (kind, path) => {
      if (kind !== 'write' || !isFull() || !path.includes('segment-')) return;
      if (memory.bytesOf(path).length >= 128) throw systemError('ENOSPC', 'write', path);
    },
  });
}

test('a device that stays full uses up no segments', () => {
  const memory = new MemoryFileSystem();
  let isFull = false;
  const store = openTrialStore({ fileSystem: deviceWithoutRoomForGroups(memory, () => isFull) });
  set(store, 'before', 10);
  store.commit(true);
  isFull = true;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    set(store, 'refused', 10);
    expect(codeOf(() => store.commit(true))).toBe('STORAGE_NO_SPACE');
  }
  expect(store.stats().segments.length).toBeLessThanOrEqual(2);
  isFull = false;
  set(store, 'after', 10);
  store.close();

  const survivor = memory.crash({ random: new SeededRandom('full'), keep: 'none' });
  const again = openTrialStore({ fileSystem: survivor });
  expect(again.report.clean).toBe(true);
  expect(again.read(utf8('before'))).toBeDefined();
  expect(again.read(utf8('refused'))).toBeUndefined();
  expect(again.read(utf8('after'))).toBeDefined();
});

test('what a refused group had put into its segment is not behind the next one', () => {
  const memory = new MemoryFileSystem();
  const fileSystem = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem });
  set(store, 'refused', 3000);
  fileSystem.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix', prefixBytes: 3000 });
  expect(codeOf(() => store.commit(true))).toBe('STORAGE_NO_SPACE');
  store.close();
  expect(openTrialStore({ fileSystem: memory }).liveKeys(0)).toBe(0);
});

test('a value whose record is refused leaves no file behind', () => {
  const memory = new MemoryFileSystem();
  let isFull = true;
  const store = openTrialStore({ fileSystem: deviceWithoutRoomForGroups(memory, () => isFull) });
  set(store, 'refused', 40_000);
  expect(codeOf(() => store.commit(true))).toBe('STORAGE_NO_SPACE');
  expect(memory.list(DIRECTORY).filter((name) => name.startsWith('value-'))).toEqual([]);
  isFull = false;
  set(store, 'large', 40_000);
  store.commit(true);
  expect(store.read(utf8('large'))?.value).toHaveLength(40_000);
  expect(memory.list(DIRECTORY).filter((name) => name.startsWith('value-'))).toHaveLength(1);
});

test('a batch that can never fit is refused before anything is done for it', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'before', 10);
  const writes = Array.from({ length: 40 }, (_, index) => {
    return {
      type: 'set',
      key: utf8(`${index}`),
      value: new Uint8Array(30_000),
      version: 9,
      timestamp: 0,
    } as const;
  });
  expect(codeOf(() => store.apply(writes))).toBe('STORAGE_BATCH_TOO_LARGE');
  expect(store.stats().segments).toHaveLength(1);
  expect(store.progress.openGroupBytes).toBeGreaterThan(0);
  store.close();
});
