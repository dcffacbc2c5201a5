/**
 * The seam between the store and the machine: everything that the store ever asks of an operating system.
 *
 * All calls are synchronous. The log is written by one role at a time, which waits for the disk anyway, and a
 * synchronous seam is the same on the main thread, in a worker and in a simulation, where every crash point is one
 * call. What the store assumes of an implementation, and nothing more, is the list in `docs/durability.md`:
 * bytes outside a written range never change; after `sync` returned, the file's bytes and length are durable; after
 * `syncDirectory` returned, the entries of that directory are durable; `create` fails if the name exists.
 *
 * Errors are Node's: an `Error` whose `code` is `ENOENT`, `EEXIST`, `ENOSPC`, `EIO`, ... Callers give them meaning. An
 * offset or length that is not a non-negative safe integer is a `RangeError`.
 */

/** An open file. Offsets and lengths are bytes. Using a closed file throws `EBADF`. */
export interface File {
  readonly path: string;
  /** Bytes in the file now. */
  size(): number;
  /**
   * Fills `target` from `offset` as far as the file goes and returns the number of bytes read, which is less than
   * `target.length` only at the end of the file. `target` is borrowed for the call.
   */
  read(target: Uint8Array, offset: number): number;
  /**
   * Writes all of `source` at `offset`, extending the file if needed; an empty `source` changes nothing. `source` is
   * borrowed for the call. After an error any part of it may have been written.
   */
  write(source: Uint8Array, offset: number): void;
  /**
   * `fdatasync`: the bytes and the length are durable when this returns. A failure is final for the file: every later
   * `sync`, `write` and `truncate` on this handle throws the same error and does nothing.
   */
  sync(): void;
  /** Cuts the file, or extends it with zeros, to `length` bytes. Unsynced, like a write. */
  truncate(length: number): void;
  /** Idempotent. Does not sync. */
  close(): void;
}

/** Held until released or until the process ends, however it ends. */
export interface Lock {
  release(): void;
}

export interface FileSystem {
  /**
   * Creates the directory and its parents with mode 0700 where missing; all of them are durable when this returns.
   * `EEXIST` if a file is in the way.
   */
  makeDirectory(path: string): void;
  /** Names in the directory, sorted, without `.` and `..`. `ENOENT` if it is missing, `ENOTDIR` if it is not one. */
  list(path: string): string[];
  /** Creates a file with mode 0600 for reading and writing. `EEXIST` if the name is taken. */
  create(path: string): File;
  /** Opens an existing file. `ENOENT` if it is missing, `EISDIR` for a directory, another code for other non-files. */
  open(path: string, access: 'read' | 'write'): File;
  /** Removes the name of a file; those who have it open keep it. Durable after `syncDirectory`. */
  remove(path: string): void;
  /** Makes creations and removals in the directory durable. */
  syncDirectory(path: string): void;
  /**
   * Takes the writer's lock of a directory, which exists. Throws a `CodedError` with code `STORAGE_LOCKED` that
   * names the holder, as far as it is known, if another writer, in this process or another, has it. An implementation
   * may keep a file `LOCK` in the directory and, after a crash, files whose names begin with `LOCK.`.
   */
  lock(path: string): Lock;
  /** Joins names with the separator of this file system. */
  join(directory: string, name: string): string;
}
