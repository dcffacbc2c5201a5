/**
 * A file system in memory whose power can fail at any moment.
 *
 * It keeps apart what is durable and what only the cache holds, so that `crash` can return what a machine finds after
 * the power came back, with everything unsynced left to a seed (see `crash-survival.ts`), and `killed` what a new
 * process finds after the old one died. Neither needs the run to end: `crashed` may be asked at every call of one
 * run. Paths are absolute, with `/`. Copies share their pages, so a crash costs microseconds.
 */

import { CodedError } from '@htkv/base';
import { checkFilePosition } from '../fs/file-range.ts';
import type { File, FileSystem, Lock } from '../fs/file-system.ts';
import { systemError } from '../fs/system-error.ts';
import { CrashSurvival } from './crash-survival.ts';
import type { CrashOptions, PendingOperation } from './crash-survival.ts';
import type { FileCallKind } from './file-call.ts';
import { checkRunning, createMachine, MemoryFile } from './memory-file.ts';
import type { Machine } from './memory-file.ts';
import { DirectoryNode, FileNode } from './memory-node.ts';

const stalePagesMax = 64;

/** See the module comment. Not shared between threads. */
export class MemoryFileSystem implements FileSystem {
  readonly #root: DirectoryNode;
  readonly #machine: Machine;
  readonly #locked = new Map<DirectoryNode, string>();
  /** Pages of removed files, which a crash may bring to light where a file grew. */
  #stalePages: Uint8Array[] = [];

  /**
   * Bytes that all files together may have, those without a name that are still open included: then the device is full.
   * Infinite unless set; who shares the device with a store takes room by making it smaller.
   */
  capacity: number = Infinity;

  constructor() {
    this.#root = new DirectoryNode();
    this.#machine = createMachine();
    this.#machine.room = () => (this.capacity === Infinity ? Infinity : this.capacity - this.usedBytes);
  }

  /** Bytes of all files that take room. O(files). */
  get usedBytes(): number {
    const files = new Set(this.#machine.open.keys());
    for (const directory of this.#directories()) {
      for (const file of directory.cached.values()) files.add(file);
    }
    return [...files].reduce((sum, file) => sum + file.cached.length, 0);
  }

  makeDirectory(path: string): void {
    this.#begin('makeDirectory', path);
    const names = namesOf(path);
    let directory = this.#root;
    for (const [depth, name] of names.entries()) {
      if (directory.cached.has(name)) throw systemError('EEXIST', 'mkdir', path);
      let child = directory.directories.get(name);
      // As the real one does, it syncs the parents of what it makes and the parent of what it was asked for.
      if (child === undefined || depth === names.length - 1) directory.sync();
      if (child === undefined) {
        child = new DirectoryNode();
        directory.directories.set(name, child);
      }
      directory = child;
    }
  }

  list(path: string): string[] {
    this.#begin('list', path);
    const directory = this.#directory(path, 'scandir');
    return [...directory.cached.keys(), ...directory.directories.keys()].toSorted();
  }

  create(path: string): File {
    this.#begin('create', path);
    const [directory, name] = this.#entry(path, 'open');
    if (directory.cached.has(name) || directory.directories.has(name))
      throw systemError('EEXIST', 'open', path);
    if (this.#machine.room() <= 0) throw systemError('ENOSPC', 'open', path);
    const file = new FileNode(path);
    directory.cached.set(name, file);
    directory.pending.push({ kind: 'create', order: this.#order(), name, file });
    return new MemoryFile(path, file, this.#machine, 'write');
  }

  open(path: string, access: 'read' | 'write'): File {
    this.#begin('open', path);
    return new MemoryFile(path, this.#file(path, 'open'), this.#machine, access);
  }

  remove(path: string): void {
    this.#begin('remove', path);
    const file = this.#file(path, 'unlink');
    const [directory, name] = this.#entry(path, 'unlink');
    directory.cached.delete(name);
    directory.pending.push({ kind: 'remove', order: this.#order(), name, file });
    this.#stalePages = [...file.cached.pages(), ...this.#stalePages].slice(0, stalePagesMax);
  }

  syncDirectory(path: string): void {
    this.#begin('syncDirectory', path);
    this.#directory(path, 'fsync').sync();
  }

  lock(path: string): Lock {
    this.#begin('lock', path);
    const directory = this.#directory(path, 'open');
    const since = this.#locked.get(directory);
    if (since !== undefined) {
      const details = { path, pid: process.pid, host: 'memory', since };
      throw new CodedError('STORAGE_LOCKED', `directory ${path} is already open in this process`, {
        details,
      });
    }
    // There is no clock in a simulation: the moment is the count of calls.
    this.#locked.set(directory, `call ${this.#machine.counts.lock}`);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#locked.delete(directory);
        isHeld = false;
      },
    };
  }

  join(directory: string, name: string): string {
    return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
  }

  /** Ends this instance, whose calls and open files throw `EIO` from now on, and returns {@link crashed}. */
  crash(options: CrashOptions): MemoryFileSystem {
    const survivor = this.crashed(options);
    this.#machine.isDown = true;
    return survivor;
  }

  /**
   * A new file system as the machine finds it if the power fails now: what was synced, and of the rest what
   * `options` say. It has no open files and no locks. This instance goes on. O(files + unsynced bytes).
   */
  crashed(options: CrashOptions): MemoryFileSystem {
    const orders = options.keep === 'prefix' ? this.#pendingOrders() : [];
    const survival = new CrashSurvival(options, orders, () => this.#collectStalePages());
    const copy = (directory: DirectoryNode): DirectoryNode => {
      const survivor = new DirectoryNode();
      for (const [name, child] of directory.directories) survivor.directories.set(name, copy(child));
      const entries = new Map(directory.durable);
      for (const entry of directory.pending) {
        if (!survival.keepsEntry(entry)) continue;
        if (entry.kind === 'create') entries.set(entry.name, entry.file);
        else entries.delete(entry.name);
      }
      for (const [name, file] of entries) {
        survivor.durable.set(name, new FileNode(file.path, survival.image(file)));
      }
      survivor.cached = new Map(survivor.durable);
      return survivor;
    };
    return this.#successor(copy(this.#root));
  }

  /**
   * A new file system as the next process finds it if this process is killed now and the machine runs on: the cache
   * is intact, what was not durable still is not, open files and locks are gone. This instance goes on.
   */
  killed(): MemoryFileSystem {
    const copies = new Map<FileNode, FileNode>();
    const copyFile = (file: FileNode): FileNode => {
      let copy = copies.get(file);
      if (copy === undefined) {
        copy = new FileNode(file.path, file.durable.clone());
        copy.cached = file.cached.clone();
        copy.pending = [...file.pending];
        copy.isCacheAhead = file.isCacheAhead;
        copies.set(file, copy);
      }
      return copy;
    };
    const copy = (directory: DirectoryNode): DirectoryNode => {
      const survivor = new DirectoryNode();
      for (const [name, child] of directory.directories) survivor.directories.set(name, copy(child));
      for (const [name, file] of directory.durable) survivor.durable.set(name, copyFile(file));
      for (const [name, file] of directory.cached) survivor.cached.set(name, copyFile(file));
      survivor.pending = directory.pending.map((entry) => ({ ...entry, file: copyFile(entry.file) }));
      return survivor;
    };
    const survivor = this.#successor(copy(this.#root));
    survivor.#machine.orderNext = this.#machine.orderNext;
    return survivor;
  }

  /** What a crash now would have to decide, in order. For tests that enumerate every combination. */
  pendingOperations(): PendingOperation[] {
    const operations: PendingOperation[] = [];
    for (const directory of this.#directories()) {
      for (const { order, kind, file } of directory.pending)
        operations.push({ order, kind, path: file.path });
    }
    for (const file of this.#files()) {
      for (const operation of file.pending) {
        operations.push({ order: operation.order, kind: operation.kind, path: file.path });
        if (operation.kind === 'truncate') continue;
        if (operation.offset + operation.bytes.length <= operation.lengthBefore) continue;
        operations.push({ order: operation.order, kind: 'growth', path: file.path });
      }
    }
    return operations.toSorted((left, right) => left.order - right.order);
  }

  /** Bytes of a file: as reads see them, or as a crash that keeps nothing would leave them. Owned by the caller. */
  bytesOf(path: string, view: 'cached' | 'durable' = 'cached'): Uint8Array {
    const image = this.#file(path, 'read')[view];
    const bytes = new Uint8Array(image.length);
    image.read(bytes, 0);
    return bytes;
  }

  /** Flips the bits of `mask` in the byte at `offset`, in the cache and on the disk, as rot does. */
  corrupt(path: string, offset: number, mask: number): void {
    const file = this.#file(path, 'write');
    checkFilePosition('offset', offset);
    if (offset >= file.durable.length) throw new RangeError(`expected a durable offset, got ${offset}`);
    for (const image of [file.durable, file.cached]) {
      const byte = new Uint8Array(1);
      if (image.read(byte, offset) === 0) continue;
      image.write(new Uint8Array([byte[0]! ^ mask]), offset);
    }
  }

  /** Cuts a file to `length` bytes, in the cache and on the disk, and forgets what was pending for it. */
  truncateDurable(path: string, length: number): void {
    const file = this.#file(path, 'ftruncate');
    checkFilePosition('length', length);
    file.pending = [];
    file.cached.truncate(length);
    file.durable = file.cached.clone();
    file.isCacheAhead = false;
  }

  /** Makes `path` hold exactly `bytes`, durably, creating it if needed: another store's file, an older version. */
  replaceDurable(path: string, bytes: Uint8Array): void {
    const [directory, name] = this.#entry(path, 'open');
    const file = directory.cached.get(name) ?? new FileNode(path);
    directory.cached.set(name, file);
    directory.sync();
    directory.durable.set(name, file);
    file.pending = [];
    file.cached.truncate(0);
    file.cached.write(bytes, 0);
    file.durable = file.cached.clone();
    file.isCacheAhead = false;
  }

  /**
   * What a failed sync does on common file systems: the unsynced operations of the file will never reach the disk,
   * even if a later sync of it succeeds. Reads go on to see them (`'kept'`) or stop to (`'reverted'`).
   */
  loseUnsynced(path: string, cache: 'kept' | 'reverted'): void {
    const file = this.#file(path, 'fdatasync');
    if (cache === 'reverted') file.cached = file.durable.clone();
    file.isCacheAhead = cache === 'kept' && (file.isCacheAhead || file.pending.length > 0);
    file.pending = [];
  }

  /** Files that were opened and not closed. 0 after a store was closed, or it leaks. */
  get openFileCount(): number {
    return this.#machine.openFileCount;
  }

  /** Locks that were taken and not released. */
  get lockCount(): number {
    return this.#locked.size;
  }

  /** How often each kind of call was made on this instance. */
  get counts(): Readonly<Record<FileCallKind, number>> {
    return this.#machine.counts;
  }

  #begin(kind: FileCallKind, path: string): void {
    checkRunning(this.#machine, kind, path);
    this.#machine.counts[kind] += 1;
  }

  #order(): number {
    return this.#machine.orderNext++;
  }

  #successor(root: DirectoryNode): MemoryFileSystem {
    const successor = new MemoryFileSystem();
    successor.capacity = this.capacity;
    successor.#stalePages = this.#stalePages;
    successor.#root.directories.clear();
    for (const [name, child] of root.directories) successor.#root.directories.set(name, child);
    successor.#root.durable = root.durable;
    successor.#root.cached = root.cached;
    successor.#root.pending = root.pending;
    return successor;
  }

  #directory(path: string, syscall: string): DirectoryNode {
    let directory = this.#root;
    for (const name of namesOf(path)) {
      const child = directory.directories.get(name);
      if (child === undefined)
        throw systemError(directory.cached.has(name) ? 'ENOTDIR' : 'ENOENT', syscall, path);
      directory = child;
    }
    return directory;
  }

  #entry(path: string, syscall: string): [DirectoryNode, string] {
    const names = namesOf(path);
    const name = names.pop();
    if (name === undefined) throw systemError('EISDIR', syscall, path);
    let directory = this.#root;
    for (const parent of names) {
      const child = directory.directories.get(parent);
      if (child === undefined)
        throw systemError(directory.cached.has(parent) ? 'ENOTDIR' : 'ENOENT', syscall, path);
      directory = child;
    }
    return [directory, name];
  }

  #file(path: string, syscall: string): FileNode {
    const [directory, name] = this.#entry(path, syscall);
    const file = directory.cached.get(name);
    if (file !== undefined) return file;
    throw systemError(directory.directories.has(name) ? 'EISDIR' : 'ENOENT', syscall, path);
  }

  *#directories(directory: DirectoryNode = this.#root): Generator<DirectoryNode> {
    yield directory;
    for (const child of directory.directories.values()) yield* this.#directories(child);
  }

  /** Every file that a crash could leave: those with a name, those with a durable name, those pending. */
  #files(): Set<FileNode> {
    const files = new Set<FileNode>();
    for (const directory of this.#directories()) {
      for (const file of directory.cached.values()) files.add(file);
      for (const file of directory.durable.values()) files.add(file);
      for (const { file } of directory.pending) files.add(file);
    }
    return files;
  }

  #pendingOrders(): number[] {
    return this.pendingOperations().map((operation) => operation.order);
  }

  #collectStalePages(): Uint8Array[] {
    const pages = [...this.#stalePages];
    for (const file of this.#files()) {
      for (const page of file.durable.pages()) {
        if (pages.length >= 2 * stalePagesMax) return pages;
        pages.push(page);
      }
    }
    return pages;
  }
}

function namesOf(path: string): string[] {
  if (!path.startsWith('/')) throw new TypeError(`expected an absolute path with '/', got '${path}'`);
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
