/**
 * Proves that a value in a file of its own comes back or is reported, is durable before anything refers to it, stays
 * once its group is written, and goes when its group is given up.
 */
import { errorCode } from '@htkv/base';
import { beforeEach, expect, test } from 'vitest';

import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { ValueFiles } from '../../src/value/value-files.ts';

const directory = '/data';
const random = new SeededRandom('values');
const identity = { storeId: random.bytes(16), salt: random.bytes(16) };

let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
let counter: { nextValueId: number };
let values: ValueFiles;

beforeEach(() => {
  memory = new MemoryFileSystem();
  memory.makeDirectory(directory);
  fileSystem = new FaultyFileSystem(memory);
  counter = { nextValueId: 1 };
  values = new ValueFiles(fileSystem, directory, identity, counter);
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

test('a value comes back, an empty one and one that is not durable yet too', () => {
  for (const bytes of [0, 1, 100_000]) {
    const value = random.bytes(bytes);
    const pointer = values.write(value);
    expect(values.read(pointer, bytes)).toEqual(value);
    expect(values.exists(pointer, bytes)).toBe(true);
  }
});

test('after a sync a value survives a loss of power', () => {
  const pointer = values.write(Uint8Array.of(1, 2, 3));
  values.sync();
  const survivor = memory.crash({ random, keep: 'none' });
  const again = new ValueFiles(survivor, directory, identity, counter);
  expect([...again.read(pointer, 3)]).toEqual([1, 2, 3]);
});

test('ids are never used again, not even those of writes that failed', () => {
  values.write(new Uint8Array(1));
  fileSystem.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  expect(codeOf(() => values.write(new Uint8Array(1)))).toBe('STORAGE_NO_SPACE');
  fileSystem.heal();
  expect(values.write(new Uint8Array(1)).valueId).toBe(3);
  expect(memory.list(directory)).toHaveLength(2);
});

test('what is given up goes, what its group has been written for stays', () => {
  const first = values.write(new Uint8Array(1));
  values.sync();
  values.commit();
  const second = values.write(new Uint8Array(1));
  values.sync();
  const third = values.write(new Uint8Array(1));
  const fourth = values.write(new Uint8Array(1));
  values.discardFrom(fourth.valueId);
  expect([first, second, third, fourth].map((pointer) => values.exists(pointer, 1))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  values.discardFrom(0);
  expect([first, second, third].map((pointer) => values.exists(pointer, 1))).toEqual([true, false, false]);
  expect(memory.openFileCount).toBe(0);
});

test('values of the next group do not stay because the one before was written', () => {
  values.write(new Uint8Array(1));
  values.sync();
  const next = values.write(new Uint8Array(1));
  values.commit();
  values.discardFrom(0);
  expect(values.exists(next, 1)).toBe(false);
  expect(memory.list(directory)).toHaveLength(1);
});

test.for([
  ['its content', (path: string) => memory.corrupt(path, 128, 1), false],
  ['its header', (path: string) => memory.corrupt(path, 65, 1), true],
  ['its length', (path: string) => memory.truncateDurable(path, 200), true],
  ['its file', (path: string) => memory.remove(path), true],
] as const)('damage to %s is reported with its place', ([, damage, isSeenWithoutReading]) => {
  const value = random.bytes(1000);
  const pointer = values.write(value);
  values.sync();
  damage(values.path(pointer.valueId));
  expect(codeOf(() => values.read(pointer, 1000))).toBe('STORAGE_CORRUPT');
  expect(values.exists(pointer, 1000)).toBe(!isSeenWithoutReading);
  expect(memory.openFileCount).toBe(0);
});

test('a value is not taken for another one', () => {
  const one = values.write(random.bytes(10));
  const two = values.write(random.bytes(10));
  values.sync();
  const [path, other] = [values.path(one.valueId), values.path(two.valueId)];
  memory.replaceDurable(path, memory.bytesOf(other));
  expect(codeOf(() => values.read(one, 10))).toBe('STORAGE_CORRUPT');
  expect(codeOf(() => values.read({ ...two, checksum: 7 }, 10))).toBe('STORAGE_CORRUPT');
  expect(codeOf(() => values.read(two, 11))).toBe('STORAGE_CORRUPT');
});

test('a length that the file does not have costs no memory', () => {
  const pointer = values.write(new Uint8Array(10));
  values.sync();
  expect(codeOf(() => values.read(pointer, 2 ** 40))).toBe('STORAGE_CORRUPT');
});

test.for(['open', 'read'] as const)('a failure to %s is no damage', (kind) => {
  const pointer = values.write(new Uint8Array(10));
  values.sync();
  for (const look of [() => values.read(pointer, 10), () => values.exists(pointer, 10)]) {
    fileSystem.plan({ at: 1, kinds: [kind], code: 'EIO' });
    expect(codeOf(look)).toBe('STORAGE_IO');
  }
  expect(memory.openFileCount).toBe(0);
});
