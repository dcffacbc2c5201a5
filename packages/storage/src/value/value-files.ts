/**
 * Values too large for a page, each alone in a file. A value is written when its record is appended and made durable
 * before the group of its record is written, so a group that checks out has all its values.
 */
import { crc32 } from '../checksum/crc32.ts';
import { storeFileName } from '../format/file-names.ts';
import type { FileIdentity } from '../format/file-header.ts';
import type { ValuePointer } from '../format/record.ts';
import { decodeValueHeader, encodeValueHeader, VALUE_HEADER_BYTES } from '../format/value-header.ts';
import { corrupt, wrapFailure } from '../failure.ts';
import { syncDirectory, syncFile } from '../fs/checked-io.ts';
import type { File, FileSystem } from '../fs/file-system.ts';
import { equalBytes, errorCode } from '@htkv/base';

/** The checksum of a value, bound to its id. */
function valueChecksum(value: Uint8Array, valueId: number): number {
  return crc32(value, valueId >>> 0);
}

interface PendingValue {
  readonly valueId: number;
  readonly file: File | undefined;
}

export class ValueFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #identity: FileIdentity;
  /** Of records whose group is not written; without a file once they are durable. */
  #pending: PendingValue[] = [];
  /** Gives the ids. They are never used again, not even those of writes that failed. */
  readonly #counter: { nextValueId: number };

  constructor(
    fileSystem: FileSystem,
    directory: string,
    identity: FileIdentity,
    counter: { nextValueId: number },
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#identity = identity;
    this.#counter = counter;
  }

  path(valueId: number): string {
    return this.#fileSystem.join(this.#directory, storeFileName('value', valueId));
  }

  /** Writes a value to a new file. Throws `STORAGE_NO_SPACE` or `STORAGE_IO`, and leaves nothing then. */
  write(value: Uint8Array): ValuePointer {
    const valueId = this.#counter.nextValueId;
    this.#counter.nextValueId += 1;
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
    } catch (error) {
      file?.close();
      if (file !== undefined) this.#removeQuietly(valueId);
      throw wrapFailure(this.path(valueId), 'write', error);
    }
    this.#pending.push({ valueId, file });
    return { valueId, checksum };
  }

  /** Makes all written values durable. Throws `STORAGE_IO`. */
  sync(): void {
    if (this.#pending.every(({ file }) => file === undefined)) return;
    for (const { file } of this.#pending) if (file !== undefined) syncFile(file);
    syncDirectory(this.#fileSystem, this.#directory);
    for (const { file } of this.#pending) file?.close();
    this.#pending = this.#pending.map(({ valueId }) => ({ valueId, file: undefined }));
  }

  /** The group of the records of all durable values is written: they stay. */
  commit(): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter(({ file }) => file !== undefined);
  }

  /** Takes back the values from `valueId` on: their records are not committed. */
  discardFrom(valueId: number): void {
    if (this.#pending.length === 0) return;
    for (const pending of this.#pending) {
      if (pending.valueId < valueId) continue;
      pending.file?.close();
      this.#removeQuietly(pending.valueId);
    }
    this.#pending = this.#pending.filter((pending) => pending.valueId < valueId);
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

  close(): void {
    for (const { file } of this.#pending) file?.close();
    this.#pending = [];
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
