/**
 * Proves what the simulated file system does besides the shared contract: bookkeeping, tampering, the difference
 * between a killed process and a machine without power, and what a failed sync leaves behind.
 */

import { errorCode } from '@htkv/base';
import { expect, test } from 'vitest';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';

const random = new SeededRandom('memory-file-system');

function storeWith(...names: string[]): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  fileSystem.makeDirectory('/data');
  for (const name of names) {
    const file = fileSystem.create(`/data/${name}`);
    file.write(new Uint8Array([1, 2, 3]), 0);
    file.sync();
    file.close();
  }
  fileSystem.syncDirectory('/data');
  return fileSystem;
}

test('calls, open files and locks are counted', () => {
  const fileSystem = storeWith('a', 'b');
  expect(fileSystem.counts).toMatchObject({
    makeDirectory: 1,
    create: 2,
    write: 2,
    sync: 2,
    syncDirectory: 1,
  });
  const lock = fileSystem.lock('/data');
  const file = fileSystem.open('/data/a', 'read');
  expect([fileSystem.openFileCount, fileSystem.lockCount]).toEqual([1, 1]);
  file.close();
  file.close();
  lock.release();
  expect([fileSystem.openFileCount, fileSystem.lockCount]).toEqual([0, 0]);
});

test('a relative path is a mistake of the test', () => {
  expect(() => new MemoryFileSystem().create('a')).toThrow(TypeError);
});

test('a file of absurd size is refused as the system would', () => {
  const file = new MemoryFileSystem().create('/a');
  expect(() => file.write(new Uint8Array(1), 2 ** 40)).toThrow('EFBIG');
  expect(() => file.truncate(2 ** 40)).toThrow('EFBIG');
});

test('after a crash the old machine answers nothing, and the new one has no files open and no locks', () => {
  const before = storeWith('a');
  const lock = before.lock('/data');
  const file = before.open('/data/a', 'write');
  const after = before.crash({ random });
  for (const call of [
    () => file.size(),
    () => file.read(new Uint8Array(1), 0),
    () => file.write(new Uint8Array(1), 0),
    () => file.sync(),
    () => before.list('/data'),
    () => before.create('/data/b'),
    () => before.syncDirectory('/data'),
  ]) {
    expect(call).toThrow('has crashed');
  }
  file.close();
  lock.release();
  expect([after.openFileCount, after.lockCount]).toEqual([0, 0]);
  after.lock('/data').release();
  expect(after.bytesOf('/data/a')).toEqual(new Uint8Array([1, 2, 3]));
});

test('a crash image leaves the running machine alone, and neither sees the other afterwards', () => {
  const running = storeWith('a');
  const file = running.open('/data/a', 'write');
  file.write(new Uint8Array([9]), 3);
  const image = running.crashed({ random, keep: 'none' });
  file.write(new Uint8Array([8]), 0);
  file.sync();
  const other = image.open('/data/a', 'write');
  other.write(new Uint8Array([7]), 1);
  expect(running.bytesOf('/data/a')).toEqual(new Uint8Array([8, 2, 3, 9]));
  expect(image.bytesOf('/data/a')).toEqual(new Uint8Array([1, 7, 3]));
});

test('a killed process leaves what it wrote to its successor, still without a promise that it lasts', () => {
  const first = storeWith('a');
  const file = first.open('/data/a', 'write');
  file.write(new Uint8Array([9]), 0);
  first.create('/data/b').close();
  first.lock('/data');
  const second = first.killed();
  expect([second.openFileCount, second.lockCount]).toEqual([0, 0]);
  expect(second.bytesOf('/data/a')).toEqual(new Uint8Array([9, 2, 3]));
  expect(second.list('/data')).toEqual(['a', 'b']);
  const afterPowerLoss = second.crashed({ random, keep: 'none' });
  expect(afterPowerLoss.bytesOf('/data/a')).toEqual(new Uint8Array([1, 2, 3]));
  expect(afterPowerLoss.list('/data')).toEqual(['a']);
  second.open('/data/a', 'write').sync();
  second.syncDirectory('/data');
  const afterSync = second.crashed({ random, keep: 'none' });
  expect(afterSync.bytesOf('/data/a')).toEqual(new Uint8Array([9, 2, 3]));
  expect(afterSync.list('/data')).toEqual(['a', 'b']);
  expect(first.crashed({ random, keep: 'none' }).list('/data')).toEqual(['a']);
});

test('rot flips bits in the cache and on the disk', () => {
  const fileSystem = storeWith('a');
  fileSystem.corrupt('/data/a', 1, 0x81);
  expect(fileSystem.bytesOf('/data/a')).toEqual(new Uint8Array([1, 2 ^ 0x81, 3]));
  expect(fileSystem.crashed({ random }).bytesOf('/data/a')).toEqual(new Uint8Array([1, 2 ^ 0x81, 3]));
  expect(() => fileSystem.corrupt('/data/a', 3, 1)).toThrow(RangeError);
});

test('a file can be cut, replaced or added durably', () => {
  const fileSystem = storeWith('a');
  fileSystem.truncateDurable('/data/a', 1);
  expect(fileSystem.crashed({ random, keep: 'none' }).bytesOf('/data/a')).toEqual(new Uint8Array([1]));
  fileSystem.replaceDurable('/data/a', new Uint8Array([4, 5]));
  fileSystem.replaceDurable('/data/b', new Uint8Array([6]));
  const after = fileSystem.crashed({ random, keep: 'none' });
  expect(after.bytesOf('/data/a')).toEqual(new Uint8Array([4, 5]));
  expect(after.bytesOf('/data/b')).toEqual(new Uint8Array([6]));
});

test.each(['kept', 'reverted'] as const)(
  'after a failed sync, cache %s, a later sync saves nothing',
  (cache) => {
    const fileSystem = storeWith('a');
    const file = fileSystem.open('/data/a', 'write');
    file.write(new Uint8Array([7, 7]), 2);
    fileSystem.loseUnsynced('/data/a', cache);
    expect(fileSystem.bytesOf('/data/a')).toEqual(
      new Uint8Array(cache === 'kept' ? [1, 2, 7, 7] : [1, 2, 3]),
    );
    file.sync();
    expect(fileSystem.bytesOf('/data/a', 'durable')).toEqual(new Uint8Array([1, 2, 3]));
    expect(fileSystem.crashed({ random, keep: 'all' }).bytesOf('/data/a')).toEqual(new Uint8Array([1, 2, 3]));
    file.write(new Uint8Array([8]), 0);
    file.sync();
    expect(fileSystem.crashed({ random, keep: 'none' }).bytesOf('/data/a')).toEqual(
      new Uint8Array([8, 2, 3]),
    );
  },
);

test('syncing the parents is part of making a directory, as on the real machine', () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.makeDirectory('/a/b/c');
  fileSystem.create('/a/b/file').close();
  expect(fileSystem.crashed({ random, keep: 'none' }).list('/a/b')).toEqual(['c']);
  fileSystem.makeDirectory('/a/b/c');
  expect(fileSystem.crashed({ random, keep: 'none' }).list('/a/b')).toEqual(['c', 'file']);
});

test('a lock names its directory and this process', () => {
  const fileSystem = storeWith();
  fileSystem.lock('/data/');
  try {
    fileSystem.lock('/data');
    expect.unreachable();
  } catch (error) {
    expect(errorCode(error)).toBe('STORAGE_LOCKED');
    expect(error).toMatchObject({ details: { path: '/data', pid: process.pid } });
  }
});

test('a device is full when its bytes are used: what fits is written, and who removes a file makes room', () => {
  const fileSystem = storeWith('a', 'b');
  expect(fileSystem.usedBytes).toBe(6);
  fileSystem.capacity = 10;
  const file = fileSystem.open('/data/a', 'write');
  const write = (bytes: number, offset: number): string | undefined => {
    try {
      file.write(new Uint8Array(bytes).fill(9), offset);
      return undefined;
    } catch (error) {
      return errorCode(error);
    }
  };
  expect([write(3, 2), file.size(), write(5, 4), file.size()]).toEqual([undefined, 5, 'ENOSPC', 7]);
  // What is written over takes no room.
  expect(write(7, 0)).toBeUndefined();
  expect(errorOf(() => fileSystem.create('/data/c'))).toBe('ENOSPC');
  fileSystem.remove('/data/b');
  expect(write(3, 7)).toBeUndefined();
  fileSystem.remove('/data/a');
  expect([fileSystem.usedBytes, write(1, 10)]).toEqual([10, 'ENOSPC']);
  file.close();
  expect(fileSystem.usedBytes).toBe(0);
  fileSystem.capacity = -1;
  expect(errorOf(() => fileSystem.create('/data/c'))).toBe('ENOSPC');
  expect(fileSystem.killed().capacity).toBe(-1);
});

function errorOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}
