/**
 * The ballast: a file of bytes that mean nothing and take room, so that there is some to give up when a device is full.
 * The bytes do not compress, and are synced as they are written, so that the room is really taken. It is not part of
 * the log: whoever removes it loses nothing but the room.
 */
import { errorCode } from '@htkv/base';

import { BALLAST_FILE_NAME } from '../format/file-names.ts';
import { removeQuietly } from '../fs/checked-io.ts';
import type { File, FileSystem } from '../fs/file-system.ts';

/** What is written at a time. */
export const BALLAST_SLICE_BYTES: number = 1024 * 1024;

/** Bytes that repeat after this many. */
const PATTERN_BYTES = 128 * 1024;

let pattern: Uint8Array | undefined;

export class Ballast {
  readonly #fileSystem: FileSystem;
  readonly #path: string;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#path = fileSystem.join(directory, BALLAST_FILE_NAME);
  }

  /** Bytes of the file; 0 if there is none, or none that can be opened. */
  size(): number {
    try {
      const file = this.#fileSystem.open(this.#path, 'read');
      try {
        return file.size();
      } finally {
        file.close();
      }
    } catch {
      return 0;
    }
  }

  /**
   * Makes the file, of `held` bytes, `bytes` longer, durably, and creates it if needed. Throws what the file system
   * throws, and leaves it as long as it was then.
   */
  extend(held: number, bytes: number): void {
    this.#with((file) => {
      try {
        this.#write(file, held, bytes);
      } catch (error) {
        this.#cutQuietly(held);
        throw error;
      }
    });
  }

  /** Whether there is room for `bytes` behind the `held` ones: they are written, and given back. Throws as {@link extend}. */
  probe(held: number, bytes: number): void {
    this.extend(held, bytes);
    this.cut(held);
  }

  /** Gives up all but the first `held` bytes, if it can; what stays is no more than there was. */
  cut(held: number): void {
    if (held === 0) removeQuietly(this.#fileSystem, this.#path);
    else this.#cutQuietly(held);
  }

  #write(file: File, held: number, bytes: number): void {
    pattern ??= noise();
    for (let done = 0; done < bytes; done += pattern.length) {
      file.write(pattern.subarray(0, Math.min(pattern.length, bytes - done)), held + done);
    }
    file.sync();
  }

  #with(use: (file: File) => void): void {
    const file = this.#openOrCreate();
    try {
      use(file);
    } finally {
      file.close();
    }
  }

  #openOrCreate(): File {
    try {
      return this.#fileSystem.open(this.#path, 'write');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      return this.#fileSystem.create(this.#path);
    }
  }

  /** With a handle of its own: on one whose sync has failed nothing can be done any more. */
  #cutQuietly(held: number): void {
    try {
      this.#with((file) => file.truncate(held));
    } catch {
      // It takes more room than it is known to, until it is cut again.
    }
  }
}

/** Bytes that no file system can make fewer; the same each time. Xorshift (Marsaglia, 2003). */
function noise(): Uint8Array {
  const words = new Uint32Array(PATTERN_BYTES / 4);
  let state = 0x9e3779b9;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
}
