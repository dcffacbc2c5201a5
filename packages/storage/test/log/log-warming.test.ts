/**
 * Proves that what opening leaves on disk comes back into memory, as much as there is room for, and that a damaged page
 * does not: whoever reads a record of it is told, and everybody else is served.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const SEGMENT_BYTES = 2 ** 18;
const PAGE_BYTES = 2 ** 17;
const VALUE_BYTES = 8000;

const keyOf = (number: number): Uint8Array => utf8(`key ${number}`);

function open(fileSystem: MemoryFileSystem): LogStore {
  return openTrialStore({ fileSystem, maxSegmentSize: SEGMENT_BYTES });
}

/** A store of so many keys, one of which is deleted if it is given, closed with a checkpoint of all of them. */
function closedStore(keys: number, deleted?: number): MemoryFileSystem {
  const memory = new MemoryFileSystem();
  const store = open(memory);
  for (let number = 0; number < keys; number += 1) {
    const value = new Uint8Array(VALUE_BYTES).fill(number);
    store.apply([{ type: 'set', key: keyOf(number), value, version: number + 1, timestamp: 1 }]);
    if (number === deleted)
      store.apply([{ type: 'delete', key: keyOf(number), version: 1000, timestamp: 2 }]);
    store.commit(true);
  }
  const run = store.beginCheckpoint();
  while (!run.step());
  store.close();
  return memory;
}

function warm(store: LogStore, stepBytes = PAGE_BYTES): number {
  const warming = store.warming();
  let steps = 1;
  while (warming.step(stepBytes)) steps += 1;
  return steps;
}

/** Keys, of so many, whose records are read from disk. */
function keysOnDisk(store: LogStore, memory: MemoryFileSystem, keys: number): number {
  let count = 0;
  for (let number = 0; number < keys; number += 1) {
    const before = memory.counts.read;
    expect(store.read(keyOf(number))?.value).toEqual(new Uint8Array(VALUE_BYTES).fill(number));
    if (memory.counts.read > before) count += 1;
  }
  return count;
}

test('a store that fits in memory is all there after as many steps as it has pages', () => {
  const keys = 70;
  const memory = closedStore(keys);
  const store = open(memory);
  expect(store.report.checkpointKeys).toBe(keys);
  expect(keysOnDisk(store, memory, keys)).toBeGreaterThan(50);
  expect(warm(store)).toBeGreaterThan(3);
  expect(keysOnDisk(store, memory, keys)).toBe(0);
  expect(warm(store)).toBe(1);
  store.close();
});

test('of a larger one frames are left for what is written next, and writing goes on through all of memory', () => {
  const keys = 300;
  const memory = closedStore(keys);
  const store = open(memory);
  warm(store);
  const onDisk = keysOnDisk(store, memory, keys);
  expect(onDisk).toBeGreaterThan(150);
  expect(onDisk).toBeLessThan(keys - 50);
  for (let number = 0; number < keys; number += 1) {
    const value = new Uint8Array(VALUE_BYTES).fill(number);
    store.apply([{ type: 'set', key: keyOf(number), value, version: keys + number + 1, timestamp: 1 }]);
  }
  expect(keysOnDisk(store, memory, keys)).toBeLessThan(keys);
  store.close();
});

test('what was compacted away meanwhile does not come back', () => {
  const keys = 70;
  const memory = closedStore(keys);
  const store = open(memory);
  const warming = store.warming();
  expect(warming.step(1)).toBe(true);
  for (let number = 0; number < keys; number += 1) {
    const value = new Uint8Array(VALUE_BYTES).fill(number);
    store.apply([{ type: 'set', key: keyOf(number), value, version: 1000 + number, timestamp: 1 }]);
  }
  const pass = store.compactor.begin(true);
  while (pass.step());
  expect(pass.report.segmentsRemoved).toBeGreaterThan(0);
  while (warming.step(PAGE_BYTES));
  keysOnDisk(store, memory, keys);
  store.close();
});

test('a damaged page stays on disk, where reading finds the damage', () => {
  const keys = 70;
  const memory = closedStore(keys);
  memory.corrupt(`${DIRECTORY}/segment-0000000000000001`, 5000, 1);
  const store = open(memory);
  warm(store);
  const damaged: number[] = [];
  for (let number = 0; number < keys; number += 1) {
    const before = memory.counts.read;
    try {
      store.read(keyOf(number));
      if (memory.counts.read > before) damaged.push(number);
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORAGE_CORRUPT' });
      damaged.push(-number);
    }
  }
  // The page's records are read one by one, and only one of them is damaged.
  expect(damaged.filter((number) => number <= 0)).toHaveLength(1);
  expect(damaged.length).toBeGreaterThan(10);
  expect(damaged.length).toBeLessThan(20);
});

test('a deletion that one bit has turned into padding is not taken for a value', () => {
  const path = `${DIRECTORY}/segment-0000000000000001`;
  const sound = closedStore(70, 3);
  const bytes = sound.bytesOf(path);
  const offset = bytes.findIndex(
    (_, at) => at % 16 === 0 && at > 0 && bytes[at + 2] === 2 && bytes[at + 4] === 5,
  );
  expect(offset).toBeGreaterThan(0);
  sound.corrupt(path, offset + 2, 1);
  const store = open(sound);
  warm(store);
  expect(() => store.value(keyOf(3), () => false)).toThrow(
    expect.objectContaining({ code: 'STORAGE_CORRUPT' }),
  );
});
