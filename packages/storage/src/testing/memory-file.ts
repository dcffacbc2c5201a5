/**
 * An open file of the simulated file system: writes go to the cache at once and wait for a sync, reads see the cache.
 * It keeps its file alive after the name was removed, and dies with its machine.
 */

import { checkFilePosition } from '../fs/file-range.ts';
import type { File } from '../fs/file-system.ts';
import { systemError } from '../fs/system-error.ts';
import { fileCallKinds } from './file-call.ts';
import type { FileCallKind } from './file-call.ts';
import type { FileNode, PendingTruncate, PendingWrite } from './memory-node.ts';

const fileBytesMax = 2 ** 32;

/** What one instance and its open files share. */
export interface Machine {
  /** Set by a crash: every later call on the instance or on its files throws. */
  isDown: boolean;
  openFileCount: number;
  orderNext: number;
  readonly counts: Record<FileCallKind, number>;
  /** Bytes that can be written before the device is full; infinite unless it was given a capacity. */
  room: () => number;
  /** Files that are open, by how often: they take room after their names have gone. */
  readonly open: Map<FileNode, number>;
}

/** A machine that has just been switched on. */
export function createMachine(): Machine {
  const counts = Object.fromEntries(fileCallKinds.map((kind) => [kind, 0]));
  return {
    isDown: false,
    openFileCount: 0,
    orderNext: 0,
    counts: counts as Record<FileCallKind, number>,
    room: () => Infinity,
    open: new Map(),
  };
}

/** See the module comment. */
export class MemoryFile implements File {
  readonly path: string;
  readonly #node: FileNode;
  readonly #machine: Machine;
  readonly #access: 'read' | 'write';
  #isClosed = false;

  constructor(path: string, node: FileNode, machine: Machine, access: 'read' | 'write') {
    this.path = path;
    this.#node = node;
    this.#machine = machine;
    this.#access = access;
    machine.openFileCount += 1;
    machine.open.set(node, (machine.open.get(node) ?? 0) + 1);
  }

  size(): number {
    this.#check('fstat');
    return this.#node.cached.length;
  }

  read(target: Uint8Array, offset: number): number {
    this.#begin('read');
    checkFilePosition('offset', offset);
    return this.#node.cached.read(target, offset);
  }

  write(source: Uint8Array, offset: number): void {
    this.#begin('write');
    checkFilePosition('offset', offset);
    if (this.#access === 'read') throw systemError('EBADF', 'write', this.path);
    if (offset + source.length > fileBytesMax) throw systemError('EFBIG', 'write', this.path);
    if (source.length === 0) return;
    const growth = offset + source.length - this.#node.cached.length;
    const room = growth > 0 ? this.#machine.room() : Infinity;
    const fitting = growth <= room ? source.length : Math.max(0, source.length - growth + Math.max(0, room));
    this.#put(source.subarray(0, fitting), offset);
    // As the system does: what fits is written, and the rest is not.
    if (fitting < source.length) throw systemError('ENOSPC', 'write', this.path);
  }

  #put(source: Uint8Array, offset: number): void {
    if (source.length === 0) return;
    const lengthBefore = this.#node.cached.length;
    // A copy by construction, because `slice` of a Buffer would be a view.
    this.#pend({
      kind: 'write',
      order: this.#machine.orderNext++,
      offset,
      bytes: new Uint8Array(source),
      lengthBefore,
    });
    this.#node.cached.write(source, offset);
  }

  sync(): void {
    this.#begin('sync');
    this.#node.sync();
  }

  truncate(length: number): void {
    this.#begin('truncate');
    checkFilePosition('length', length);
    if (this.#access === 'read') throw systemError('EINVAL', 'ftruncate', this.path);
    if (length > fileBytesMax) throw systemError('EFBIG', 'ftruncate', this.path);
    this.#pend({ kind: 'truncate', order: this.#machine.orderNext++, length });
    this.#node.cached.truncate(length);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#machine.openFileCount -= 1;
    const others = this.#machine.open.get(this.#node)! - 1;
    if (others === 0) this.#machine.open.delete(this.#node);
    else this.#machine.open.set(this.#node, others);
  }

  #begin(kind: FileCallKind): void {
    this.#check(kind);
    this.#machine.counts[kind] += 1;
  }

  #check(syscall: string): void {
    checkRunning(this.#machine, syscall, this.path);
    if (this.#isClosed) throw systemError('EBADF', syscall, this.path);
  }

  #pend(operation: PendingWrite | PendingTruncate): void {
    this.#node.pending.push(operation);
  }
}

/** Throws `EIO` if the machine has crashed. */
export function checkRunning(machine: Machine, syscall: string, path: string): void {
  if (machine.isDown) throw systemError('EIO', syscall, path, 'the machine of this file has crashed');
}
