/**
 * The file system of the machine, through the synchronous calls of `node:fs`.
 *
 * Thin on purpose: it adds only what the seam promises and the calls do not. Writes and reads are completed, new
 * directories are durable, a descriptor is never used after it was closed (the system may have given its number to
 * another file), and a sync that failed is never tried again, because the kernel forgets the pages that it could not
 * write and would report success the second time.
 */

import { errorCode } from '@htkv/base';
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { lockDirectory } from './directory-lock.ts';
import { checkFilePosition } from './file-range.ts';
import type { File, FileSystem, Lock } from './file-system.ts';
import { systemError } from './system-error.ts';

const attemptsMax = 100;
/** One call moves at most this many bytes; Linux caps a call just below 2 GiB, and so does Node. */
const transferBytesMax = 2 ** 30;
/** Absent on Windows, which has no links to follow by accident here and no FIFOs to hang on. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const noWait = constants.O_NONBLOCK ?? 0;
const hasDirectorySync = process.platform !== 'win32';

/** See the module comment. Stateless; instances are interchangeable, and {@link nodeFileSystem} is one. */
export class NodeFileSystem implements FileSystem {
  makeDirectory(path: string): void {
    if (this.#hasDirectory(path)) {
      this.#syncParentIfPermitted(path);
      return;
    }
    const parent = dirname(path);
    if (parent !== path) this.makeDirectory(parent);
    try {
      mkdirSync(path, 0o700);
    } catch (error) {
      // Another process may have been faster; whoever made it, its name is durable when we return.
      if (errorCode(error) !== 'EEXIST' || !this.#hasDirectory(path)) throw error;
    }
    this.syncDirectory(parent);
  }

  list(path: string): string[] {
    return retried(() => readdirSync(path)).toSorted();
  }

  create(path: string): File {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
    return new NodeFile(
      path,
      retried(() => openSync(path, flags, 0o600)),
    );
  }

  open(path: string, access: 'read' | 'write'): File {
    const flags = (access === 'read' ? constants.O_RDONLY : constants.O_RDWR) | noFollow | noWait;
    const descriptor = retried(() => openSync(path, flags));
    try {
      const status = fstatSync(descriptor);
      if (status.isDirectory()) throw systemError('EISDIR', 'open', path);
      if (!status.isFile()) throw systemError('EINVAL', 'open', path, 'not a regular file');
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return new NodeFile(path, descriptor);
  }

  remove(path: string): void {
    retried(() => unlinkSync(path));
  }

  syncDirectory(path: string): void {
    let descriptor: number | undefined;
    try {
      descriptor = retried(() => openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0)));
      fsyncSync(descriptor);
    } catch (error) {
      // Windows has no way to sync a directory; its file systems journal names by themselves.
      const isExpected = ['EINVAL', 'EPERM', 'EISDIR'].includes(errorCode(error) ?? '');
      if (hasDirectorySync || !isExpected) throw error;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  lock(path: string): Lock {
    return lockDirectory(path);
  }

  join(directory: string, name: string): string {
    return join(directory, name);
  }

  #hasDirectory(path: string): boolean {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return false;
    if (!status.isDirectory())
      throw systemError('EEXIST', 'mkdir', path, 'a file is in the place of the directory');
    return true;
  }

  /**
   * An existing directory may be one whose creator died before it could sync the parent. Where we may not open the
   * parent we cannot have created the directory either.
   */
  #syncParentIfPermitted(path: string): void {
    try {
      this.syncDirectory(dirname(path));
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) throw error;
    }
  }
}

/** The shared instance of {@link NodeFileSystem}. */
export const nodeFileSystem: FileSystem = new NodeFileSystem();

class NodeFile implements File {
  readonly path: string;
  #descriptor: number | undefined;
  /** The error of a sync that failed: the file is of no use for writing from then on. */
  #syncFailure: Error | undefined;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.#opened('fstat')).size;
  }

  read(target: Uint8Array, offset: number): number {
    const descriptor = this.#opened('read');
    checkFilePosition('offset', offset);
    let done = 0;
    while (done < target.length) {
      const length = Math.min(target.length - done, transferBytesMax);
      const position = offset + done;
      const count = retried(() => readSync(descriptor, target, done, length, position));
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(source: Uint8Array, offset: number): void {
    const descriptor = this.#writable('write');
    checkFilePosition('offset', offset);
    let done = 0;
    while (done < source.length) {
      const length = Math.min(source.length - done, transferBytesMax);
      const position = offset + done;
      const count = retried(() => writeSync(descriptor, source, done, length, position));
      if (count === 0)
        throw systemError('EIO', 'write', this.path, 'the system wrote nothing and gave no reason');
      done += count;
    }
  }

  sync(): void {
    const descriptor = this.#writable('fdatasync');
    try {
      fdatasyncSync(descriptor);
    } catch (error) {
      this.#syncFailure = error as Error;
      throw error;
    }
  }

  truncate(length: number): void {
    const descriptor = this.#writable('ftruncate');
    checkFilePosition('length', length);
    retried(() => ftruncateSync(descriptor, length));
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #opened(syscall: string): number {
    if (this.#descriptor === undefined) throw systemError('EBADF', syscall, this.path);
    return this.#descriptor;
  }

  #writable(syscall: string): number {
    const descriptor = this.#opened(syscall);
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    return descriptor;
  }
}

/** Repeats a call that a signal interrupted or that the system asks to repeat, a bounded number of times. */
function retried<Result>(call: () => Result): Result {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return call();
    } catch (error) {
      const code = errorCode(error);
      if ((code !== 'EINTR' && code !== 'EAGAIN') || attempt >= attemptsMax) throw error;
    }
  }
}
