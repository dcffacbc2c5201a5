/**
 * One file system in front of one machine after another: what a test plans for the calls of a store goes on counting
 * when the process is killed and the next one opens the same disk.
 */
import type { File, FileSystem, Lock } from '../../src/index.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';

export class SwitchedFileSystem implements FileSystem {
  memory: MemoryFileSystem = new MemoryFileSystem();

  makeDirectory(path: string): void {
    this.memory.makeDirectory(path);
  }

  list(path: string): string[] {
    return this.memory.list(path);
  }

  create(path: string): File {
    return this.memory.create(path);
  }

  open(path: string, access: 'read' | 'write'): File {
    return this.memory.open(path, access);
  }

  remove(path: string): void {
    this.memory.remove(path);
  }

  syncDirectory(path: string): void {
    this.memory.syncDirectory(path);
  }

  lock(path: string): Lock {
    return this.memory.lock(path);
  }

  join(directory: string, name: string): string {
    return this.memory.join(directory, name);
  }
}
