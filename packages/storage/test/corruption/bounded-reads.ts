/**
 * A file system that notices memory which was asked for because a damaged length was believed: nobody needs a buffer
 * that is longer than the file, but for the first look at a record.
 */
import type { File, FileSystem, Lock } from '../../src/index.ts';

const firstLookBytes = 512;

export class BoundedReads implements FileSystem {
  readonly #inner: FileSystem;

  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  makeDirectory(path: string): void {
    this.#inner.makeDirectory(path);
  }

  list(path: string): string[] {
    return this.#inner.list(path);
  }

  create(path: string): File {
    return this.#inner.create(path);
  }

  open(path: string, access: 'read' | 'write'): File {
    const file = this.#inner.open(path, access);
    return {
      path: file.path,
      size: () => file.size(),
      read: (target, offset) => {
        if (target.length > Math.max(firstLookBytes, file.size())) {
          throw new Error(`${target.length} bytes were asked for of ${path}, which has ${file.size()}`);
        }
        return file.read(target, offset);
      },
      write: (source, offset) => file.write(source, offset),
      sync: () => file.sync(),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    };
  }

  remove(path: string): void {
    this.#inner.remove(path);
  }

  syncDirectory(path: string): void {
    this.#inner.syncDirectory(path);
  }

  lock(path: string): Lock {
    return this.#inner.lock(path);
  }

  join(directory: string, name: string): string {
    return this.#inner.join(directory, name);
  }
}
