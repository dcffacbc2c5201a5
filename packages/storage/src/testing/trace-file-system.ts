/**
 * A file system that writes down what is done to it, one readable line for each call that changes something:
 *
 *     lock .
 *     create 0001.seg
 *     write 0001.seg 0+64
 *     sync 0001.seg
 *     syncDirectory .
 *
 * The order of these lines is what durability rests on, so tests compare it with a transcript they hold. It wraps any
 * other file system and changes nothing.
 */

import { errorCode } from '@htkv/base';
import type { File, FileSystem, Lock } from '../fs/file-system.ts';

export interface TraceFileSystemOptions {
  /** Paths are shown relative to this directory, itself as `.`; others as they are. */
  readonly root?: string;
  /** Also the calls that only look: `list`, `open`, `read`. `false` unless given. */
  readonly withReads?: boolean;
}

/** See the module comment. */
export class TraceFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  readonly #root: string | undefined;
  readonly #withReads: boolean;
  readonly #lines: string[] = [];

  constructor(inner: FileSystem, options: TraceFileSystemOptions = {}) {
    this.#inner = inner;
    this.#root = options.root;
    this.#withReads = options.withReads ?? false;
  }

  /** The lines so far. Borrowed; grows with further calls. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The lines so far as one text, each ended by a line break. */
  transcript(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  /** Adds a line of the test's own, such as the moment at which a write was acknowledged. */
  note(text: string): void {
    this.#lines.push(`# ${text}`);
  }

  /** Forgets the lines so far. */
  clear(): void {
    this.#lines.length = 0;
  }

  makeDirectory(path: string): void {
    this.#record(`makeDirectory ${this.#shown(path)}`, () => this.#inner.makeDirectory(path));
  }

  list(path: string): string[] {
    return this.#recordRead(`list ${this.#shown(path)}`, () => this.#inner.list(path));
  }

  create(path: string): File {
    return this.#traced(this.#record(`create ${this.#shown(path)}`, () => this.#inner.create(path)));
  }

  open(path: string, access: 'read' | 'write'): File {
    return this.#traced(
      this.#recordRead(`open ${this.#shown(path)} ${access}`, () => this.#inner.open(path, access)),
    );
  }

  remove(path: string): void {
    this.#record(`remove ${this.#shown(path)}`, () => this.#inner.remove(path));
  }

  syncDirectory(path: string): void {
    this.#record(`syncDirectory ${this.#shown(path)}`, () => this.#inner.syncDirectory(path));
  }

  lock(path: string): Lock {
    const lock = this.#record(`lock ${this.#shown(path)}`, () => this.#inner.lock(path));
    return { release: () => this.#record(`unlock ${this.#shown(path)}`, () => lock.release()) };
  }

  join(directory: string, name: string): string {
    return this.#inner.join(directory, name);
  }

  #traced(file: File): File {
    const name = this.#shown(file.path);
    return {
      path: file.path,
      size: () => file.size(),
      read: (target, offset) =>
        this.#recordRead(`read ${name} ${offset}+${target.length}`, () => file.read(target, offset)),
      write: (source, offset) =>
        this.#record(`write ${name} ${offset}+${source.length}`, () => file.write(source, offset)),
      sync: () => this.#record(`sync ${name}`, () => file.sync()),
      truncate: (length) => this.#record(`truncate ${name} ${length}`, () => file.truncate(length)),
      close: () => file.close(),
    };
  }

  #shown(path: string): string {
    if (this.#root === undefined) return path;
    if (path === this.#root) return '.';
    const inside = this.#inner.join(this.#root, '-').slice(0, -1);
    return path.startsWith(inside) ? path.slice(inside.length) : path;
  }

  #recordRead<Result>(line: string, call: () => Result): Result {
    return this.#withReads ? this.#record(line, call) : call();
  }

  #record<Result>(line: string, call: () => Result): Result {
    try {
      const result = call();
      this.#lines.push(line);
      return result;
    } catch (error) {
      this.#lines.push(`${line} failed with ${errorCode(error) ?? String(error)}`);
      throw error;
    }
  }
}
