/**
 * Proves what opening does with every kind of directory: it creates, opens or refuses as it was asked to, gives back
 * what it had taken when it refuses, and reports what it found and did.
 */
import { errorCode, utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import type { StoreOptions } from '../../src/index.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

function codeOf(memory: MemoryFileSystem, options: Partial<StoreOptions> = {}): string | undefined {
  try {
    openTrialStore({ ...options, fileSystem: memory }).close();
    return undefined;
  } catch (error) {
    expect(memory.openFileCount).toBe(0);
    return errorCode(error);
  }
}

/** What the report says of checkpoints where there are none; and of a clock that stands still. */
const WITHOUT_CHECKPOINT = {
  milliseconds: 0,
  checkpointId: 0,
  checkpointKeys: 0,
  checkpointBytes: 0,
  checkpointRefusal: undefined,
};

function storeWithOneKey(close = true): MemoryFileSystem {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.apply([{ type: 'set', key: utf8('a'), value: utf8('b'), version: 1, timestamp: 0 }]);
  store.commit(true);
  if (close) store.close();
  return close ? memory : memory.crash({ random: new SeededRandom('open'), keep: 'none' });
}

describe('where there is no store', () => {
  const places: readonly (readonly [string, (memory: MemoryFileSystem) => void])[] = [
    ['no directory', () => {}],
    ['an empty directory', (memory) => memory.makeDirectory(DIRECTORY)],
    [
      'a directory with what systems leave in one',
      (memory) => {
        memory.makeDirectory(DIRECTORY);
        memory.replaceDurable(`${DIRECTORY}/.DS_Store`, Uint8Array.of(1));
        memory.replaceDurable(`${DIRECTORY}/LOCK`, Uint8Array.of(1));
        memory.makeDirectory(`${DIRECTORY}/lost+found`);
      },
    ],
    [
      'a creation that was interrupted',
      (memory) => {
        memory.makeDirectory(DIRECTORY);
        memory.replaceDurable(`${DIRECTORY}/manifest-0000000000000001`, new SeededRandom('torn').bytes(100));
      },
    ],
  ];

  test.for(places)('%s becomes one if that is wanted', ([, prepare]) => {
    const memory = new MemoryFileSystem();
    prepare(memory);
    for (const options of [{ createIfMissing: false }, { readOnly: true }]) {
      expect(codeOf(memory, options)).toBe('STORAGE_NOT_FOUND');
      expect(memory.counts.create + memory.counts.remove).toBe(0);
    }
    const store = openTrialStore({ fileSystem: memory, errorIfExists: true });
    expect(store.report).toEqual({
      clean: true,
      segments: 0,
      bytes: 0,
      groups: 0,
      records: 0,
      tornBytes: 0,
      rewrittenGroups: 0,
      orphans: 0,
      ...WITHOUT_CHECKPOINT,
    });
    store.close();
    expect(codeOf(memory, { errorIfExists: true })).toBe('STORAGE_EXISTS');
    expect(codeOf(memory, { createIfMissing: false })).toBeUndefined();
  });

  test('a creation that was cut short at any byte of its manifest is begun again or complete', () => {
    const whole = new MemoryFileSystem();
    openTrialStore({ fileSystem: whole });
    const path = `${DIRECTORY}/manifest-0000000000000001`;
    const bytes = whole.bytesOf(path);
    for (let length = 0; length <= bytes.length; length += 1) {
      const memory = new MemoryFileSystem();
      memory.makeDirectory(DIRECTORY);
      memory.replaceDurable(path, bytes.slice(0, length));
      const store = openTrialStore({ fileSystem: memory });
      store.apply([{ type: 'delete', key: utf8('a'), version: 1, timestamp: 0 }]);
      store.close();
      expect(openTrialStore({ fileSystem: memory }).progress.lastSequence).toBe(1);
    }
  });
});

test('a store is not created beside parts of one', () => {
  for (const kind of ['segment-', 'value-']) {
    const memory = new MemoryFileSystem();
    memory.makeDirectory(DIRECTORY);
    memory.replaceDurable(`${DIRECTORY}/${kind}0000000000000001`, new Uint8Array(128));
    expect(codeOf(memory)).toBe('STORAGE_CORRUPT');
    expect(codeOf(memory, { readOnly: true })).toBe('STORAGE_CORRUPT');
    expect(memory.lockCount).toBe(0);
  }
});

test('a path that is no directory is an error of the system', () => {
  const memory = new MemoryFileSystem();
  memory.replaceDurable('/file', Uint8Array.of(1));
  expect(codeOf(memory, { directory: '/file' })).toBe('STORAGE_IO');
});

test('a store is created below directories that are missing too', () => {
  const memory = new MemoryFileSystem();
  const directory = '/deep/down/here';
  openTrialStore({ fileSystem: memory, directory }).close();
  const survivor = memory.crash({ random: new SeededRandom('deep'), keep: 'none' });
  expect(codeOf(survivor, { directory, createIfMissing: false })).toBeUndefined();
});

test('the report says what was found after a clean end', () => {
  const memory = storeWithOneKey();
  expect(openTrialStore({ fileSystem: memory }).report).toEqual({
    clean: true,
    segments: 1,
    bytes: 256,
    groups: 1,
    records: 1,
    tornBytes: 0,
    rewrittenGroups: 0,
    orphans: 0,
    ...WITHOUT_CHECKPOINT,
  });
});

test('the report says what was found and done after a crash', () => {
  const memory = storeWithOneKey(false);
  const path = `${DIRECTORY}/segment-0000000000000001`;
  memory.replaceDurable(path, new Uint8Array([...memory.bytesOf(path), ...new Uint8Array(50)]));
  memory.replaceDurable(`${DIRECTORY}/value-0000000000000001`, new Uint8Array(10));
  const read = { segments: 1, bytes: 306, groups: 1, records: 1, tornBytes: 50 };
  const found = { clean: false, ...read, ...WITHOUT_CHECKPOINT };
  const reader = openTrialStore({ fileSystem: memory, readOnly: true });
  expect(reader.report).toEqual({ ...found, rewrittenGroups: 0, orphans: 0 });
  expect(openTrialStore({ fileSystem: memory }).report).toEqual({ ...found, rewrittenGroups: 1, orphans: 1 });
});

test('memory that the system refuses is refused, and nothing is held', () => {
  const memory = storeWithOneKey();
  const allocate = (): ArrayBuffer => {
    throw new RangeError('no memory');
  };
  expect(codeOf(memory, { allocate })).toBe('STORAGE_NO_MEMORY');
  expect(memory.lockCount).toBe(0);
});

test('what a reader shows stands still while the writer goes on', () => {
  const memory = new MemoryFileSystem();
  const writer = openTrialStore({ fileSystem: memory });
  writer.apply([{ type: 'set', key: utf8('a'), value: utf8('1'), version: 1, timestamp: 0 }]);
  writer.commit(false);
  const reader = openTrialStore({ fileSystem: memory, readOnly: true });
  for (let version = 2; version < 20; version += 1) {
    writer.apply([{ type: 'set', key: utf8('a'), value: new Uint8Array(1500), version, timestamp: 0 }]);
    writer.commit(true);
  }
  expect(reader.read(utf8('a'))?.value).toEqual(utf8('1'));
  expect(reader.progress.lastSequence).toBe(1);
  reader.close();
  writer.close();
});

test('closing twice is closing once, and a closed store is not used', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.close();
  store.close();
  expect(() => store.apply([])).toThrow('closed');
  expect(() => store.commit(true)).toThrow('closed');
});
