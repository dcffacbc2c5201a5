/**
 * Proves what the file system of the machine adds to `node:fs`: modes, durable directories, completed writes, bounded
 * repetition, and that a sync that failed stays failed. Real files where the machine can be made to show it; where it
 * cannot, single calls of `node:fs` are replaced for the length of a test.
 */

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NodeFileSystem, nodeFileSystem } from '../../src/fs/node-file-system.ts';
import { systemError } from '../../src/fs/system-error.ts';

vi.mock('node:fs', { spy: true });
const real = await vi.importActual<typeof fs>('node:fs');

type Transfer = [descriptor: number, bytes: Uint8Array, from: number, length: number, position: number];

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'htkv-node-'));
});

afterEach(() => {
  vi.resetAllMocks();
  fs.rmSync(directory, { recursive: true, force: true });
});

function failing(code: string): () => never {
  return () => {
    throw systemError(code, 'test', '/');
  };
}

/** The paths of the directories that were synced since the last `mockClear`. A descriptor is used more than once. */
function syncedDirectories(): string[] {
  const [opened, synced] = [vi.mocked(fs.openSync).mock, vi.mocked(fs.fsyncSync).mock];
  return synced.calls.map(([descriptor], call) => {
    const moment = synced.invocationCallOrder[call]!;
    const open = opened.results.findLastIndex(
      ({ value }, index) => value === descriptor && opened.invocationCallOrder[index]! < moment,
    );
    return String(opened.calls[open]?.[0]);
  });
}

test('the shared instance is one like any other', () => {
  expect(nodeFileSystem).toBeInstanceOf(NodeFileSystem);
});

test.runIf(process.platform !== 'win32')('directories and files are for their owner only', () => {
  const path = join(directory, 'x', 'y');
  nodeFileSystem.makeDirectory(path);
  const file = nodeFileSystem.create(join(path, 'a'));
  file.close();
  const modeOf = (each: string): number => fs.statSync(each).mode & 0o777;
  expect([dirname(path), path, join(path, 'a')].map(modeOf)).toEqual([0o700, 0o700, 0o600]);
});

test('the parent of each new directory is synced, and of an existing one too', () => {
  const path = join(directory, 'x', 'y');
  nodeFileSystem.makeDirectory(path);
  expect(syncedDirectories()).toEqual([dirname(directory), directory, join(directory, 'x')]);
  vi.mocked(fs.fsyncSync).mockClear();
  nodeFileSystem.makeDirectory(path);
  expect(syncedDirectories()).toEqual([join(directory, 'x')]);
});

test('a parent that may not be opened is no reason to refuse an existing directory', () => {
  vi.mocked(fs.openSync).mockImplementationOnce(failing('EACCES'));
  nodeFileSystem.makeDirectory(directory);
  vi.mocked(fs.openSync).mockImplementationOnce(failing('EIO'));
  expect(() => nodeFileSystem.makeDirectory(directory)).toThrow('EIO');
  vi.mocked(fs.openSync).mockImplementation(failing('EACCES'));
  expect(() => nodeFileSystem.makeDirectory(join(directory, 'x'))).toThrow('EACCES');
});

test('a directory that another process makes at the same time is as good as ours', () => {
  const path = join(directory, 'x');
  fs.mkdirSync(path);
  vi.mocked(fs.statSync).mockReturnValueOnce(undefined);
  nodeFileSystem.makeDirectory(path);
  expect(syncedDirectories().at(-1)).toBe(directory);
});

test('a failed sync of a directory is an error', () => {
  vi.mocked(fs.fsyncSync).mockImplementationOnce(failing('EIO'));
  expect(() => nodeFileSystem.syncDirectory(directory)).toThrow('EIO');
  vi.mocked(fs.fsyncSync).mockImplementationOnce(failing('EINVAL'));
  expect(() => nodeFileSystem.syncDirectory(directory)).toThrow('EINVAL');
  expect(vi.mocked(fs.closeSync)).toHaveBeenCalledTimes(2);
});

test('writes and reads go on after the system moved only a part', () => {
  const file = nodeFileSystem.create(join(directory, 'a'));
  vi.mocked(fs.writeSync).mockImplementation(((...[descriptor, source, from, length, position]: Transfer) =>
    real.writeSync(descriptor, source, from, Math.min(2, length), position)) as typeof fs.writeSync);
  file.write(new Uint8Array([1, 2, 3, 4, 5, 6, 7]), 3);
  expect(fs.writeSync).toHaveBeenCalledTimes(4);
  vi.mocked(fs.readSync).mockImplementation(((...[descriptor, target, to, length, position]: Transfer) =>
    real.readSync(descriptor, target, to, Math.min(3, length), position)) as typeof fs.readSync);
  const target = new Uint8Array(20);
  expect(file.read(target, 0)).toBe(10);
  expect([...target.subarray(0, 11)]).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 0]);
  file.close();
});

test('a write that makes no progress ends with an error, not with a loop', () => {
  const file = nodeFileSystem.create(join(directory, 'a'));
  vi.mocked(fs.writeSync).mockReturnValue(0);
  expect(() => file.write(new Uint8Array(1), 0)).toThrow('EIO');
  file.close();
});

test.each(['EINTR', 'EAGAIN'])('%s is repeated, but not for ever', (code) => {
  const file = nodeFileSystem.create(join(directory, 'a'));
  vi.mocked(fs.writeSync).mockImplementationOnce(failing(code)).mockImplementationOnce(failing(code));
  file.write(new Uint8Array([1]), 0);
  expect(fs.writeSync).toHaveBeenCalledTimes(3);
  vi.mocked(fs.readSync).mockImplementationOnce(failing(code));
  expect(file.read(new Uint8Array(1), 0)).toBe(1);
  vi.mocked(fs.writeSync).mockReset().mockImplementation(failing(code));
  expect(() => file.write(new Uint8Array([1]), 0)).toThrow(code);
  expect(fs.writeSync).toHaveBeenCalledTimes(100);
  file.close();
});

test('an error in the middle of a write is passed on', () => {
  const file = nodeFileSystem.create(join(directory, 'a'));
  vi.mocked(fs.writeSync).mockReturnValueOnce(1).mockImplementationOnce(failing('ENOSPC'));
  expect(() => file.write(new Uint8Array(2), 0)).toThrow('ENOSPC');
  file.write(new Uint8Array(2), 0);
  file.close();
});

test('a sync that failed is never tried again, and the file takes no more writes', () => {
  const file = nodeFileSystem.create(join(directory, 'a'));
  file.write(new Uint8Array([1]), 0);
  const failure = systemError('EIO', 'fdatasync', 'a');
  vi.mocked(fs.fdatasyncSync).mockImplementationOnce(() => {
    throw failure;
  });
  for (const call of [
    () => file.sync(),
    () => file.sync(),
    () => file.write(new Uint8Array([2]), 0),
    () => file.truncate(0),
  ]) {
    expect(call).toThrow(failure);
  }
  expect(fs.fdatasyncSync).toHaveBeenCalledTimes(1);
  const target = new Uint8Array(1);
  expect(file.read(target, 0)).toBe(1);
  expect(target[0]).toBe(1);
  file.close();
});

test('a closed file does not touch the descriptor that another file got since', () => {
  const first = nodeFileSystem.create(join(directory, 'a'));
  first.close();
  const second = nodeFileSystem.create(join(directory, 'b'));
  expect(() => first.write(new Uint8Array([1]), 0)).toThrow('EBADF');
  first.close();
  second.write(new Uint8Array([2]), 0);
  expect(second.size()).toBe(1);
  second.close();
});

test.runIf(process.platform !== 'win32')('a link in the place of a file is not followed', () => {
  fs.writeFileSync(join(directory, 'a'), 'x');
  fs.symlinkSync(join(directory, 'a'), join(directory, 'link'));
  fs.symlinkSync(join(directory, 'missing'), join(directory, 'dangling'));
  expect(() => nodeFileSystem.open(join(directory, 'link'), 'read')).toThrow('ELOOP');
  expect(() => nodeFileSystem.create(join(directory, 'dangling'))).toThrow('EEXIST');
  expect(fs.existsSync(join(directory, 'missing'))).toBe(false);
});

test.runIf(process.platform !== 'win32')(
  'a pipe in the place of a file is refused without waiting for it',
  () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    vi.mocked(fs.closeSync).mockClear();
    expect(() => nodeFileSystem.open(path, 'read')).toThrow('not a regular file');
    expect(() => nodeFileSystem.open(path, 'write')).toThrow('not a regular file');
    expect(fs.closeSync).toHaveBeenCalledTimes(2);
  },
);

test('errors are those of the machine, with code, call and path', () => {
  const path = join(directory, 'missing');
  const expected = { code: 'ENOENT', syscall: 'open', path };
  expect(() => nodeFileSystem.open(path, 'read')).toThrow(expect.objectContaining(expected));
  expect(() => nodeFileSystem.open(directory, 'read')).toThrow(
    expect.objectContaining({ code: 'EISDIR', syscall: 'open', path: directory, errno: -21 }),
  );
});
