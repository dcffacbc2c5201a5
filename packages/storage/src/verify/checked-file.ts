/**
 * Reading a file for a check: in slices, with a handle of its own, so that it does not matter whether others open,
 * close or remove the file meanwhile. What cannot be read is damage like any other.
 */
import { errorCode } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import type { File, FileSystem } from '../fs/file-system.ts';
import type { Damage } from './verify-report.ts';

/** The most that is read at a time. */
export const SLICE_BYTES: number = 1024 * 1024;

const A_FILE = 'a file';
const NO_FILE = 'no file';

/** Whether damage is that a file is not there. */
export function isMissing({ expected, actual }: Damage): boolean {
  return expected === A_FILE && actual === NO_FILE;
}

export class CheckedFile {
  readonly path: string;
  readonly #file: File;
  readonly #found: (damage: Damage) => void;

  private constructor(file: File, found: (damage: Damage) => void) {
    this.#file = file;
    this.path = file.path;
    this.#found = found;
  }

  /** Opens a file that has to be there; where it cannot be opened, that is told, and undefined returned. */
  static open(
    fileSystem: FileSystem,
    path: string,
    found: (damage: Damage) => void,
  ): CheckedFile | undefined {
    try {
      return new CheckedFile(fileSystem.open(path, 'read'), found);
    } catch (error) {
      found({ path, offset: 0, expected: A_FILE, actual: reasonOf(error), from: 0, end: 0 });
      return undefined;
    }
  }

  /** Bytes of the file; 0 where that cannot be found out, which is told. */
  size(): number {
    try {
      return this.#file.size();
    } catch (error) {
      this.damaged(0, A_FILE, reasonOf(error));
      return 0;
    }
  }

  /** Bytes from `offset`; undefined, and told, unless all of them can be read. */
  read(target: Uint8Array, offset: number): Uint8Array | undefined {
    try {
      const read = this.#file.read(target, offset);
      if (read === target.length) return target;
      this.damaged(offset + read, `${target.length - read} more bytes`, 'the end of the file');
    } catch (error) {
      this.damaged(offset, `${target.length} bytes`, reasonOf(error));
    }
    return undefined;
  }

  /**
   * Checksum of the bytes from `offset` up to `end`, continued from `seed`; yields the bytes of each slice. Undefined,
   * and told, where they cannot be read.
   */
  *checksum(offset: number, end: number, seed: number): Generator<number, number | undefined, undefined> {
    const buffer = new Uint8Array(Math.min(SLICE_BYTES, end - offset));
    let checksum = seed;
    for (let at = offset; at < end; at += buffer.length) {
      const slice = this.read(buffer.subarray(0, Math.min(buffer.length, end - at)), at);
      if (slice === undefined) return undefined;
      checksum = crc32(slice, checksum);
      yield slice.length;
    }
    return checksum;
  }

  /** Tells of damage that concerns no records. */
  damaged(offset: number, expected: string, actual: string): void {
    this.#found({ path: this.path, offset, expected, actual, from: 0, end: 0 });
  }

  close(): void {
    this.#file.close();
  }
}

function reasonOf(error: unknown): string {
  const code = errorCode(error) ?? 'an unknown failure';
  return code === 'ENOENT' ? NO_FILE : `one that cannot be read: ${code}`;
}
