/**
 * Proves that a value in a file of its own comes back or is reported, is durable before anything refers to it, and
 * leaves nothing when it is given up. Which values a group has is in values-of-groups.test.ts.
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
let values: ValueFiles;

beforeEach(() => {
  memory = new MemoryFileSystem();
  memory.makeDirectory(directory);
  fileSystem = new FaultyFileSystem(memory);
  values = new ValueFiles(fileSystem, directory, identity);
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

test('a value comes back, an empty one too, and one whose name is not durable yet', () => {
  for (const [valueId, bytes] of [0, 1, 100_000].entries()) {
    const value = random.bytes(bytes);
    const pointer = values.write(value, valueId);
    expect(values.read(pointer, bytes)).toEqual(value);
    expect(values.exists(pointer, bytes)).toBe(true);
  }
});

test('a value is durable when it is written; its name is when the directory is', () => {
  const pointer = values.write(Uint8Array.of(1, 2, 3), 7);
  expect(memory.crashed({ random, keep: 'none' }).list(directory)).toEqual([]);
  memory.syncDirectory(directory);
  const survivor = memory.crash({ random, keep: 'none' });
  const again = new ValueFiles(survivor, directory, identity);
  expect([...again.read(pointer, 3)]).toEqual([1, 2, 3]);
});

test.for([
  ['create', 'ENOSPC', 'STORAGE_NO_SPACE'],
  ['write', 'ENOSPC', 'STORAGE_NO_SPACE'],
  ['write', 'EIO', 'STORAGE_IO'],
  ['sync', 'EIO', 'STORAGE_IO'],
] as const)('a %s that fails with %s leaves nothing', ([kind, code, meaning]) => {
  values.write(new Uint8Array(1), 1);
  fileSystem.plan({ at: 1, kinds: [kind], code });
  expect(codeOf(() => values.write(new Uint8Array(1), 2))).toBe(meaning);
  expect(memory.list(directory)).toHaveLength(1);
  expect(memory.openFileCount).toBe(0);
});

test('what is given up goes, from the first id up to the end, and what is gone already is no matter', () => {
  const pointers = [1, 2, 3, 4].map((valueId) => values.write(new Uint8Array(1), valueId));
  const existing = (): boolean[] => pointers.map((pointer) => values.exists(pointer, 1));
  values.discard(2, 4);
  expect(existing()).toEqual([true, false, false, true]);
  values.discard(3, 3);
  expect(existing()).toEqual([true, false, false, true]);
  values.discard(0, 10);
  expect(existing()).toEqual([false, false, false, false]);
  expect(memory.openFileCount).toBe(0);
});

test.for([
  ['its content', (path: string) => memory.corrupt(path, 128, 1), false],
  ['its header', (path: string) => memory.corrupt(path, 65, 1), true],
  ['its length', (path: string) => memory.truncateDurable(path, 200), true],
  ['its file', (path: string) => memory.remove(path), true],
] as const)('damage to %s is reported with its place', ([, damage, isSeenWithoutReading]) => {
  const value = random.bytes(1000);
  const pointer = values.write(value, 1);
  damage(values.path(pointer.valueId));
  expect(codeOf(() => values.read(pointer, 1000))).toBe('STORAGE_CORRUPT');
  expect(values.exists(pointer, 1000)).toBe(!isSeenWithoutReading);
  expect(memory.openFileCount).toBe(0);
});

test('a value is not taken for another one', () => {
  const one = values.write(random.bytes(10), 1);
  const two = values.write(random.bytes(10), 2);
  const [path, other] = [values.path(one.valueId), values.path(two.valueId)];
  memory.replaceDurable(path, memory.bytesOf(other));
  expect(codeOf(() => values.read(one, 10))).toBe('STORAGE_CORRUPT');
  expect(codeOf(() => values.read({ ...two, checksum: 7 }, 10))).toBe('STORAGE_CORRUPT');
  expect(codeOf(() => values.read(two, 11))).toBe('STORAGE_CORRUPT');
});

test('a length that the file does not have costs no memory', () => {
  const pointer = values.write(new Uint8Array(10), 1);
  expect(codeOf(() => values.read(pointer, 2 ** 40))).toBe('STORAGE_CORRUPT');
});

test.for(['open', 'read'] as const)('a failure to %s is no damage', (kind) => {
  const pointer = values.write(new Uint8Array(10), 1);
  for (const look of [() => values.read(pointer, 10), () => values.exists(pointer, 10)]) {
    fileSystem.plan({ at: 1, kinds: [kind], code: 'EIO' });
    expect(codeOf(look)).toBe('STORAGE_IO');
  }
  expect(memory.openFileCount).toBe(0);
});
