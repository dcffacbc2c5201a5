/**
 * What passes between the thread that writes to the store and the thread that writes its groups out: a job as a
 * message, its result in shared memory, where a thread that waits without running its event loop finds it.
 *
 * ```
 * word 0       1         2       3          4         5
 *      | state | outcome | chain | operation| errno   | ... text of the errno
 * ```
 */
import type { CodedError } from '@htkv/base';

import { ioFailure, noSpace } from '../failure.ts';
import type { ClosedGroup } from '../log/group-writer.ts';

export interface CommitJob {
  /** Path of the segment. */
  readonly path: string;
  /** Undefined if there is only something to sync. */
  readonly group: ClosedGroup | undefined;
  readonly durable: boolean;
}

/** The memory that whoever writes groups out has to see: the pages of the log and where they lie. */
export interface CommitMemory {
  readonly ring: ArrayBuffer | SharedArrayBuffer;
  readonly pageTable: Int32Array;
  readonly pageLog2: number;
}

/**
 * Somebody who writes groups out beside the thread that makes the writes; one job at a time. `onDone` is called once,
 * from the event loop or from `wait` or `poll`.
 */
export interface CommitRunner {
  /** Whether a job can be begun now. */
  readonly isIdle: boolean;
  begin(job: CommitJob, onDone: (result: CommitResult) => void): void;
  /** Ends the running job, if there is one: waits for its result, and gives up on it after `timeoutMs`. */
  wait(timeoutMs: number): void;
  /** Ends the running job if its result is there. */
  poll(): void;
  /** No job is running. */
  close(): void;
}

/** The chain value after the group, or why it is not written; `undefined` if nobody knows. */
export type CommitResult = { readonly chain: number } | { readonly failure: CodedError } | undefined;

const STATE = 0;
const OUTCOME = 1;
const CHAIN = 2;
const ERRNO_LENGTH = 3;
const ERRNO = 4;
const ERRNO_LENGTH_MAX = 32;

const BUSY = 1;
const DONE = 2;

const OUTCOMES = ['written', 'noSpace', 'writeFailed', 'syncFailed'] as const;
export type CommitOutcome = (typeof OUTCOMES)[number];

/** The result of the running job, seen from both sides. */
export class CommitResultCell {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer((ERRNO + ERRNO_LENGTH_MAX) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Begins a job. */
  clear(): void {
    Atomics.store(this.#words, STATE, BUSY);
  }

  /** Ends a job; `errno` says why it failed. */
  set(outcome: CommitOutcome, chain: number, errno: string): void {
    const text = errno.slice(0, ERRNO_LENGTH_MAX);
    this.#words[OUTCOME] = OUTCOMES.indexOf(outcome);
    this.#words[CHAIN] = chain | 0;
    this.#words[ERRNO_LENGTH] = text.length;
    for (let index = 0; index < text.length; index += 1) this.#words[ERRNO + index] = text.charCodeAt(index);
    Atomics.store(this.#words, STATE, DONE);
    Atomics.notify(this.#words, STATE);
  }

  get isDone(): boolean {
    return Atomics.load(this.#words, STATE) === DONE;
  }

  /** Waits for the end of the job, up to `timeoutMs`; false if it has not come. */
  wait(timeoutMs: number): boolean {
    if (this.isDone) return true;
    return Atomics.wait(this.#words, STATE, BUSY, timeoutMs) !== 'timed-out';
  }

  /** The result of a job that has ended. */
  read(path: string): CommitResult {
    if (!this.isDone) return undefined;
    const outcome = OUTCOMES[this.#words[OUTCOME]!];
    if (outcome === 'written') return { chain: this.#words[CHAIN]! >>> 0 };
    const codes = this.#words.subarray(ERRNO, ERRNO + this.#words[ERRNO_LENGTH]!);
    const code = String.fromCharCode(...codes);
    const cause = Object.assign(new Error(`${code} in the commit thread`), { code });
    if (outcome === 'noSpace') return { failure: noSpace(path, cause) };
    return { failure: ioFailure(path, outcome === 'syncFailed' ? 'sync' : 'write', cause) };
  }
}
