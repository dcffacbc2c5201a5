/**
 * A file system that fails when it is told to: the n-th call, of all or of certain kinds, once or from then on.
 *
 * It wraps any other one and adds nothing else, so a test may run one workload with the fault at call 1, 2, 3, ...
 * until a run goes through without meeting it. A sync that failed is final for its file, as everywhere. A hook sees
 * every call before it is made, to take a crash image or to end the simulated process by throwing.
 */

import type { File, FileSystem, Lock } from '../fs/file-system.ts';
import { systemError } from '../fs/system-error.ts';
import { CrashSignal } from './crash-signal.ts';
import type { FileCallKind } from './file-call.ts';

/** A fault to come. */
export interface Fault {
  /** Which of the calls of the chosen kinds fails, counted from 1 from the moment the fault is planned. */
  readonly at: number;
  /** Which kinds are counted and fail; all of them unless given. */
  readonly kinds?: readonly FileCallKind[];
  /** Only calls with such a path are counted and fail. */
  readonly path?: (path: string) => boolean;
  /** The code of the error, as `EIO`, `ENOSPC`, `EDQUOT`, `EMFILE`, `EACCES`. `EIO` unless given. */
  readonly code?: string;
  /** All later calls of these kinds fail as well. `false` unless given. */
  readonly isSticky?: boolean;
  /**
   * What the failing call does before it fails: nothing; for a write, its first `prefixBytes`, half of it unless
   * given (other kinds do nothing); or everything, so that only the answer is wrong. `'none'` unless given.
   */
  readonly effect?: 'none' | 'prefix' | 'full';
  readonly prefixBytes?: number;
}

/** A call that was made. */
export interface FileCall {
  readonly kind: FileCallKind;
  readonly path: string;
  /** The code of the fault that it met. */
  readonly fault?: string;
}

export interface FaultyFileSystemOptions {
  /**
   * Called before each call, also before one that will fail, with its number from 1. If it throws, the call is not
   * made; if it throws a `CrashSignal`, every later call throws the same one, for the process that makes them is dead.
   */
  readonly onCall?: (kind: FileCallKind, path: string, number: number) => void;
  /** Called after a planned fault has struck, for example to make the simulated disk lose what a sync did not. */
  readonly onFault?: (kind: FileCallKind, path: string) => void;
}

/** See the module comment. */
export class FaultyFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  readonly #options: FaultyFileSystemOptions;
  readonly #log: FileCall[] = [];
  #fault: Fault | undefined;
  #matches = 0;
  #strikes = 0;
  #death: CrashSignal | undefined;

  constructor(inner: FileSystem, options: FaultyFileSystemOptions = {}) {
    this.#inner = inner;
    this.#options = options;
  }

  /** Plans a fault in place of the one planned before. The count of its calls begins now. */
  plan(fault: Fault): void {
    if (!Number.isSafeInteger(fault.at) || fault.at < 1) {
      throw new RangeError(`expected the fault at a call from 1 on, got ${fault.at}`);
    }
    this.#fault = fault;
    this.#matches = 0;
    this.#strikes = 0;
  }

  /** The machine works again: no fault is planned any more. */
  heal(): void {
    this.#fault = undefined;
  }

  /** Number of calls made so far. */
  get calls(): number {
    return this.#log.length;
  }

  /** Every call in order, failed ones included. Borrowed; grows with further calls. */
  get log(): readonly FileCall[] {
    return this.#log;
  }

  /** How many calls the fault planned last has made fail. 0 at the end of a run means that the sweep is over. */
  get strikes(): number {
    return this.#strikes;
  }

  makeDirectory(path: string): void {
    this.#call('makeDirectory', path, () => this.#inner.makeDirectory(path));
  }

  list(path: string): string[] {
    return this.#call('list', path, () => this.#inner.list(path));
  }

  create(path: string): File {
    return this.#callForFile('create', path, () => this.#inner.create(path));
  }

  open(path: string, access: 'read' | 'write'): File {
    return this.#callForFile('open', path, () => this.#inner.open(path, access));
  }

  remove(path: string): void {
    this.#call('remove', path, () => this.#inner.remove(path));
  }

  syncDirectory(path: string): void {
    this.#call('syncDirectory', path, () => this.#inner.syncDirectory(path));
  }

  lock(path: string): Lock {
    const lock = this.#call('lock', path, () => this.#inner.lock(path), {
      discard: (unused) => unused.release(),
    });
    // A dead process releases nothing; what becomes of its lock is for the file system after the crash to say.
    return {
      release: () => {
        if (this.#death === undefined) lock.release();
      },
    };
  }

  join(directory: string, name: string): string {
    return this.#inner.join(directory, name);
  }

  #callForFile(kind: FileCallKind, path: string, call: () => File): File {
    const file = this.#call(kind, path, call, { discard: (unused) => unused.close() });
    return new FaultyFile(file, (fileCallKind, run, effects) =>
      this.#call(fileCallKind, file.path, run, effects),
    );
  }

  #call<Result>(kind: FileCallKind, path: string, run: () => Result, effects: Effects<Result> = {}): Result {
    if (this.#death !== undefined) throw this.#death;
    const fault = this.#strikeOf(kind, path);
    this.#log.push(fault === undefined ? { kind, path } : { kind, path, fault: fault.code ?? 'EIO' });
    this.#announce(kind, path);
    if (fault === undefined) return run();
    if (fault.effect === 'prefix') effects.runPrefix?.(fault.prefixBytes);
    if (fault.effect === 'full') {
      const result = run();
      effects.discard?.(result);
    }
    this.#options.onFault?.(kind, path);
    throw systemError(fault.code ?? 'EIO', kind, path, 'a planned fault');
  }

  #announce(kind: FileCallKind, path: string): void {
    try {
      this.#options.onCall?.(kind, path, this.#log.length);
    } catch (error) {
      if (error instanceof CrashSignal) this.#death = error;
      throw error;
    }
  }

  #strikeOf(kind: FileCallKind, path: string): Fault | undefined {
    const fault = this.#fault;
    if (fault === undefined) return undefined;
    if (fault.kinds !== undefined && !fault.kinds.includes(kind)) return undefined;
    if (fault.path !== undefined && !fault.path(path)) return undefined;
    this.#matches += 1;
    const strikes = fault.isSticky === true ? this.#matches >= fault.at : this.#matches === fault.at;
    if (!strikes) return undefined;
    this.#strikes += 1;
    return fault;
  }
}

/** What a failing call can do besides nothing. */
interface Effects<Result> {
  /** Gives back the result of a call that took effect and fails nevertheless. */
  readonly discard?: (result: Result) => void;
  readonly runPrefix?: (bytes: number | undefined) => void;
}

type FaultyCall = <Result>(kind: FileCallKind, run: () => Result, effects?: Effects<Result>) => Result;

class FaultyFile implements File {
  readonly path: string;
  readonly #inner: File;
  readonly #call: FaultyCall;
  /** The error of a sync that failed, which every later call that changes the file repeats. */
  #syncFailure: Error | undefined;

  constructor(inner: File, call: FaultyCall) {
    this.path = inner.path;
    this.#inner = inner;
    this.#call = call;
  }

  size(): number {
    return this.#inner.size();
  }

  read(target: Uint8Array, offset: number): number {
    return this.#call('read', () => this.#inner.read(target, offset));
  }

  write(source: Uint8Array, offset: number): void {
    this.#checkSyncFailure();
    const runPrefix = (bytes: number = source.length >> 1): void => {
      this.#inner.write(source.subarray(0, bytes), offset);
    };
    this.#call('write', () => this.#inner.write(source, offset), { runPrefix });
  }

  sync(): void {
    this.#checkSyncFailure();
    try {
      this.#call('sync', () => this.#inner.sync());
    } catch (error) {
      this.#syncFailure = error as Error;
      throw error;
    }
  }

  truncate(length: number): void {
    this.#checkSyncFailure();
    this.#call('truncate', () => this.#inner.truncate(length));
  }

  close(): void {
    this.#inner.close();
  }

  #checkSyncFailure(): void {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
  }
}
