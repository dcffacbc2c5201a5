/**
 * Values too large for a page, each alone in a file. A value is written and made durable before its record is
 * appended, its name in the directory before the group of its record is written, so a group that checks out has all
 * its values.
 */
import { crc32 } from '../checksum/crc32.ts';
import { storeFileName } from '../format/file-names.ts';
import type { FileIdentity } from '../format/file-header.ts';
import type { ValuePointer } from '../format/record.ts';
import { decodeValueHeader, encodeValueHeader, VALUE_HEADER_BYTES } from '../format/value-header.ts';
import { corrupt, wrapFailure } from '../failure.ts';
import { syncFile } from '../fs/checked-io.ts';
import type { File, FileSystem } from '../fs/file-system.ts';
import { equalBytes, errorCode } from '@htkv/base';

/** The checksum of a value, bound to its id. */
function valueChecksum(value: Uint8Array, valueId: number): number {
  return crc32(value, valueId >>> 0);
}

export class ValueFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #identity: FileIdentity;

  constructor(fileSystem: FileSystem, directory: string, identity: FileIdentity) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#identity = identity;
  }

  path(valueId: number): string {
    return this.#fileSystem.join(this.#directory, storeFileName('value', valueId));
  }

  /**
   * Writes a value to the file of an id that was never used. Throws `STORAGE_NO_SPACE` or `STORAGE_IO`, and leaves
   * nothing then.
   */
  write(value: Uint8Array, valueId: number): ValuePointer {
    const checksum = valueChecksum(value, valueId);
    const header = encodeValueHeader({
      identity: this.#identity,
      valueId,
      valueBytes: value.length,
      valueChecksum: checksum,
    });
    let file: File | undefined;
    try {
      file = this.#fileSystem.create(this.path(valueId));
      file.write(header, 0);
      file.write(value, VALUE_HEADER_BYTES);
      syncFile(file);
    } catch (error) {
      file?.close();
      if (file !== undefined) this.#removeQuietly(valueId);
      throw wrapFailure(this.path(valueId), 'write', error);
    }
    file.close();
    return { valueId, checksum };
  }

  /** Removes the values of the ids from `first` up to `end`: their records are not committed. */
  discard(first: number, end: number): void {
    for (let valueId = first; valueId < end; valueId += 1) this.#removeQuietly(valueId);
  }

  /** The value behind a pointer, owned by the caller. Throws `STORAGE_CORRUPT` or `STORAGE_IO`. */
  read(pointer: ValuePointer, valueBytes: number): Uint8Array {
    return this.#withFile(pointer, valueBytes, (file) => {
      const value = new Uint8Array(valueBytes);
      const read = file.read(value, VALUE_HEADER_BYTES);
      if (read !== valueBytes || valueChecksum(value, pointer.valueId) !== pointer.checksum) {
        throw corrupt(file.path, VALUE_HEADER_BYTES, 'a value that matches its checksum', 'another checksum');
      }
      return value;
    });
  }

  /**
   * Whether the file behind a pointer exists with the right header and length; its bytes are not read. Throws
   * `STORAGE_IO` where that cannot be found out: a file that cannot be opened now is not a file that is missing.
   */
  exists(pointer: ValuePointer, valueBytes: number): boolean {
    const path = this.path(pointer.valueId);
    try {
      const file = this.#open(path);
      try {
        this.#checkHeader(file, pointer, valueBytes);
        return true;
      } finally {
        file.close();
      }
    } catch (error) {
      const failure = wrapFailure(path, 'read', error);
      if (failure.code === 'STORAGE_CORRUPT') return false;
      throw failure;
    }
  }

  /** Removes a file that no record refers to. */
  remove(valueId: number): void {
    this.#fileSystem.remove(this.path(valueId));
  }

  /** Opens the file behind a pointer, checks what comes before the value, and closes it when `use` is done. */
  #withFile<Result>(pointer: ValuePointer, valueBytes: number, use: (file: File) => Result): Result {
    const file = this.#open(this.path(pointer.valueId));
    try {
      this.#checkHeader(file, pointer, valueBytes);
      return use(file);
    } catch (error) {
      throw wrapFailure(file.path, 'read', error);
    } finally {
      file.close();
    }
  }

  #open(path: string): File {
    try {
      return this.#fileSystem.open(path, 'read');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw corrupt(path, 0, 'the file of a value', 'no file', error);
      throw wrapFailure(path, 'open', error);
    }
  }

  #checkHeader(file: File, pointer: ValuePointer, valueBytes: number): void {
    const bytes = new Uint8Array(VALUE_HEADER_BYTES);
    const read = file.read(bytes, 0);
    const reading = decodeValueHeader(bytes.subarray(0, read));
    if (reading.kind === 'damaged') throw corrupt(file.path, 0, reading.expected, reading.actual);
    const { header } = reading;
    const matches =
      header.valueId === pointer.valueId &&
      header.valueChecksum === pointer.checksum &&
      header.valueBytes === valueBytes &&
      equalBytes(header.identity.storeId, this.#identity.storeId) &&
      file.size() === VALUE_HEADER_BYTES + valueBytes;
    if (!matches) throw corrupt(file.path, 0, 'the value that its record describes', 'another value');
  }

  #removeQuietly(valueId: number): void {
    try {
      this.remove(valueId);
    } catch {
      // No record refers to the file, so the next open removes it.
    }
  }
}
