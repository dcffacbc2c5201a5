/**
 * File operations that fail with the store's meaning. A write that finds no room is `STORAGE_NO_SPACE` and leaves the
 * store as it was; a sync that fails, for whatever reason, is `STORAGE_IO`, because nobody knows what it left on disk.
 */
import { ioFailure, wrapFailure } from '../failure.ts';
import type { File, FileSystem } from './file-system.ts';

export function createFile(fileSystem: FileSystem, path: string): File {
  try {
    return fileSystem.create(path);
  } catch (error) {
    throw wrapFailure(path, 'create', error);
  }
}

export function writeFile(file: File, source: Uint8Array, offset: number): void {
  try {
    file.write(source, offset);
  } catch (error) {
    throw wrapFailure(file.path, 'write', error);
  }
}

export function syncFile(file: File): void {
  try {
    file.sync();
  } catch (error) {
    throw ioFailure(file.path, 'sync', error);
  }
}

export function syncDirectory(fileSystem: FileSystem, directory: string): void {
  try {
    fileSystem.syncDirectory(directory);
  } catch (error) {
    throw ioFailure(directory, 'sync', error);
  }
}

/** Removes a file whose presence would do no harm. */
export function removeQuietly(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.remove(path);
  } catch {
    // What stays behind is an orphan that the next open removes.
  }
}
