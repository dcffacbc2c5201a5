/**
 * What every implementation of the file-system seam must do, as tests that are handed to any test runner.
 *
 * It proves the part of the contract that can be seen without a crash. Each test gets a fresh, empty directory.
 */

import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { errorCode } from '@htkv/base';
import type { File, FileSystem } from '../fs/file-system.ts';
import { SeededRandom } from './seeded-random.ts';

/** A file system to test and an empty directory in it. */
export interface FileSystemSubject {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  /** Called after each test. */
  dispose?(): void;
}

export interface FileSystemSuiteOptions {
  /** Registers a test, as `test` or `it` of any runner does. The body is synchronous. */
  readonly test: (name: string, body: () => void) => void;
  readonly create: () => FileSystemSubject;
}

type Check = (fileSystem: FileSystem, directory: string) => void;

/** Registers all tests of the contract. */
export function fileSystemSuite(options: FileSystemSuiteOptions): void {
  for (const [name, check] of Object.entries({ ...fileChecks, ...directoryChecks, ...lockChecks })) {
    options.test(name, () => {
      const subject = options.create();
      try {
        check(subject.fileSystem, subject.directory);
      } finally {
        subject.dispose?.();
      }
    });
  }
}

const fileChecks: Record<string, Check> = {
  'a created file is empty and can be written and read'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    equal(file.path, fileSystem.join(directory, 'a'));
    equal(file.size(), 0);
    file.write(new Uint8Array([1, 2, 3]), 0);
    equal(file.size(), 3);
    deepEqual(readAll(file), new Uint8Array([1, 2, 3]));
    file.sync();
    file.close();
  },

  'a write beyond the end leaves zeros between'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    file.write(new Uint8Array([7]), 10_000);
    const expected = new Uint8Array(10_001);
    expected[10_000] = 7;
    deepEqual(readAll(file), expected);
    file.close();
  },

  'a read stops at the end of the file and leaves the rest of the target alone'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    file.write(new Uint8Array([1, 2, 3, 4, 5]), 0);
    const target = new Uint8Array(4).fill(9);
    equal(file.read(target, 3), 2);
    deepEqual(target, new Uint8Array([4, 5, 9, 9]));
    equal(file.read(target, 5), 0);
    equal(file.read(target, 50_000), 0);
    equal(file.read(new Uint8Array(0), 0), 0);
    file.close();
  },

  'buffers are borrowed: changing one after the call changes nothing'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    const pool = Buffer.from([1, 2, 3, 4, 5, 6]);
    const source = pool.subarray(2, 5);
    file.write(source, 0);
    pool.fill(0);
    deepEqual(readAll(file), new Uint8Array([3, 4, 5]));
    file.close();
  },

  'shared memory serves as source and as target'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    const shared = new Uint8Array(new SharedArrayBuffer(8192)).fill(5, 100, 5000);
    file.write(shared.subarray(100, 5000), 3);
    const target = new Uint8Array(new SharedArrayBuffer(8192));
    equal(file.read(target, 0), 4903);
    deepEqual(new Uint8Array(target.slice(0, 4)), new Uint8Array([0, 0, 0, 5]));
    file.close();
  },

  'an empty write changes nothing, not even beyond the end'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    file.write(new Uint8Array(0), 100);
    equal(file.size(), 0);
    file.close();
  },

  'truncation cuts, and growing again shows zeros'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    file.write(new Uint8Array(10_000).fill(1), 0);
    file.truncate(5);
    equal(file.size(), 5);
    file.truncate(8);
    deepEqual(readAll(file), new Uint8Array([1, 1, 1, 1, 1, 0, 0, 0]));
    file.truncate(0);
    equal(file.size(), 0);
    file.close();
  },

  'random reads, writes and truncations agree with an array of bytes'(fileSystem, directory) {
    const random = new SeededRandom('file-system-suite');
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    let model = new Uint8Array(0);
    for (let step = 0; step < 300; step += 1) {
      const offset = random.below(20_000);
      if (random.chance(0.1)) {
        const cut = new Uint8Array(offset);
        cut.set(model.subarray(0, offset));
        model = cut;
        file.truncate(offset);
      } else if (random.chance(0.6)) {
        const source = random.bytes(random.below(9000));
        if (source.length > 0 && offset + source.length > model.length) {
          const grown = new Uint8Array(offset + source.length);
          grown.set(model);
          model = grown;
        }
        if (source.length > 0) model.set(source, offset);
        file.write(source, offset);
      } else {
        const target = new Uint8Array(random.below(9000));
        const expected = model.subarray(offset, offset + target.length);
        equal(file.read(target, offset), expected.length);
        deepEqual(target.subarray(0, expected.length), expected);
      }
      if (random.chance(0.1)) file.sync();
      equal(file.size(), model.length);
    }
    deepEqual(readAll(file), model);
    file.close();
  },

  'offsets that are not positions are refused'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    for (const position of [-1, 0.5, Number.NaN, 2 ** 53]) {
      throws(() => file.read(new Uint8Array(1), position), RangeError);
      throws(() => file.write(new Uint8Array(1), position), RangeError);
      throws(() => file.truncate(position), RangeError);
    }
    equal(file.size(), 0);
    file.close();
  },

  'what one handle writes another reads'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    const writer = fileSystem.create(path);
    const reader = fileSystem.open(path, 'read');
    writer.write(new Uint8Array([1, 2]), 0);
    deepEqual(readAll(reader), new Uint8Array([1, 2]));
    const second = fileSystem.open(path, 'write');
    second.write(new Uint8Array([3]), 2);
    deepEqual(readAll(writer), new Uint8Array([1, 2, 3]));
    for (const file of [writer, reader, second]) file.close();
  },

  'a file opened for reading can be synced but not written or cut'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    fileSystem.create(path).close();
    const file = fileSystem.open(path, 'read');
    failsWith(['EBADF', 'EPERM'], () => file.write(new Uint8Array(1), 0));
    failsWith(['EINVAL', 'EBADF', 'EPERM'], () => file.truncate(0));
    file.close();
  },

  'a closed file refuses every call, and closing again is harmless'(fileSystem, directory) {
    const file = fileSystem.create(fileSystem.join(directory, 'a'));
    file.close();
    file.close();
    failsWith(['EBADF'], () => file.size());
    failsWith(['EBADF'], () => file.read(new Uint8Array(1), 0));
    failsWith(['EBADF'], () => file.write(new Uint8Array(1), 0));
    failsWith(['EBADF'], () => file.sync());
    failsWith(['EBADF'], () => file.truncate(0));
  },

  'a removed file stays readable and writable for those who have it open'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    const file = fileSystem.create(path);
    file.write(new Uint8Array([1, 2]), 0);
    fileSystem.remove(path);
    file.write(new Uint8Array([3]), 2);
    file.sync();
    deepEqual(readAll(file), new Uint8Array([1, 2, 3]));
    deepEqual(fileSystem.list(directory), []);
    file.close();
  },
};

const directoryChecks: Record<string, Check> = {
  'creating a name that exists is refused and harms nothing'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    const file = fileSystem.create(path);
    file.write(new Uint8Array([1]), 0);
    failsWith(['EEXIST'], () => fileSystem.create(path));
    deepEqual(readAll(file), new Uint8Array([1]));
    fileSystem.makeDirectory(fileSystem.join(directory, 'd'));
    failsWith(['EEXIST'], () => fileSystem.create(fileSystem.join(directory, 'd')));
    file.close();
  },

  'a missing file cannot be opened or removed'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    failsWith(['ENOENT'], () => fileSystem.open(path, 'read'));
    failsWith(['ENOENT'], () => fileSystem.open(path, 'write'));
    failsWith(['ENOENT'], () => fileSystem.remove(path));
    const orphan = fileSystem.join(fileSystem.join(directory, 'nowhere'), 'a');
    failsWith(['ENOENT'], () => fileSystem.create(orphan));
    failsWith(['ENOENT'], () => fileSystem.open(orphan, 'read'));
  },

  'a directory is not a file'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'd');
    fileSystem.makeDirectory(path);
    failsWith(['EISDIR'], () => fileSystem.open(path, 'read'));
    failsWith(['EISDIR'], () => fileSystem.open(path, 'write'));
    failsWith(['EISDIR', 'EPERM'], () => fileSystem.remove(path));
  },

  'a file is not a directory'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    fileSystem.create(path).close();
    failsWith(['ENOTDIR'], () => fileSystem.list(path));
    failsWith(['ENOTDIR'], () => fileSystem.create(fileSystem.join(path, 'b')));
    failsWith(['ENOTDIR'], () => fileSystem.open(fileSystem.join(path, 'b'), 'read'));
    failsWith(['EEXIST'], () => fileSystem.makeDirectory(path));
    failsWith(['EEXIST', 'ENOTDIR'], () => fileSystem.makeDirectory(fileSystem.join(path, 'b')));
  },

  'directories are made with their parents, and again without harm'(fileSystem, directory) {
    const middle = fileSystem.join(directory, 'x');
    const inner = fileSystem.join(middle, 'y');
    fileSystem.makeDirectory(inner);
    fileSystem.create(fileSystem.join(inner, 'a')).close();
    fileSystem.makeDirectory(inner);
    fileSystem.makeDirectory(middle);
    deepEqual(fileSystem.list(directory), ['x']);
    deepEqual(fileSystem.list(middle), ['y']);
    deepEqual(fileSystem.list(inner), ['a']);
  },

  'names are listed in order, and a missing directory is ENOENT'(fileSystem, directory) {
    for (const name of ['b', 'a', 'Z', '10', '9'])
      fileSystem.create(fileSystem.join(directory, name)).close();
    deepEqual(fileSystem.list(directory), ['10', '9', 'Z', 'a', 'b']);
    fileSystem.remove(fileSystem.join(directory, 'a'));
    deepEqual(fileSystem.list(directory), ['10', '9', 'Z', 'b']);
    failsWith(['ENOENT'], () => fileSystem.list(fileSystem.join(directory, 'nowhere')));
  },

  'a directory can be synced, a missing one cannot'(fileSystem, directory) {
    fileSystem.create(fileSystem.join(directory, 'a')).close();
    fileSystem.syncDirectory(directory);
    failsWith(['ENOENT'], () => fileSystem.syncDirectory(fileSystem.join(directory, 'nowhere')));
  },

  'a removed name can be used again for another file'(fileSystem, directory) {
    const path = fileSystem.join(directory, 'a');
    const first = fileSystem.create(path);
    first.write(new Uint8Array([1]), 0);
    fileSystem.remove(path);
    const second = fileSystem.create(path);
    equal(second.size(), 0);
    deepEqual(readAll(first), new Uint8Array([1]));
    first.close();
    second.close();
  },
};

const lockChecks: Record<string, Check> = {
  'a directory has one lock at a time'(fileSystem, directory) {
    const lock = fileSystem.lock(directory);
    throws(
      () => fileSystem.lock(directory),
      (error: unknown) => {
        ok(error instanceof Error);
        equal(errorCode(error), 'STORAGE_LOCKED');
        ok(error.message.includes(directory), error.message);
        ok(error.message.includes('this process'), error.message);
        return true;
      },
    );
    lock.release();
    lock.release();
    const next = fileSystem.lock(directory);
    lock.release();
    failsWith(['STORAGE_LOCKED'], () => fileSystem.lock(directory));
    next.release();
  },

  'locks of different directories do not meet'(fileSystem, directory) {
    const other = fileSystem.join(directory, 'd');
    fileSystem.makeDirectory(other);
    const locks = [fileSystem.lock(directory), fileSystem.lock(other)];
    for (const lock of locks) lock.release();
  },

  'a missing directory cannot be locked'(fileSystem, directory) {
    failsWith(['ENOENT'], () => fileSystem.lock(fileSystem.join(directory, 'nowhere')));
  },
};

function readAll(file: File): Uint8Array {
  const bytes = new Uint8Array(file.size() + 1);
  return bytes.subarray(0, file.read(bytes, 0));
}

function failsWith(codes: readonly string[], call: () => unknown): void {
  throws(call, (error: unknown) => {
    ok(codes.includes(errorCode(error) ?? ''), `expected ${codes.join(' or ')}, got ${String(error)}`);
    return true;
  });
}
