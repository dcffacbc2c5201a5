/**
 * The commit job of a store: one closed group that is being written out, and perhaps synced, beside the threads that
 * make the writes. The job and its result lie in the control memory: any thread can do the job, and whoever holds
 * the store's lock takes the result over, wherever the thread that began it is by then.
 *
 * ```
 * word 0       1         2       3              4       5
 *      | state | outcome | chain | errno length | posts | ... text of the errno |     and the job as doubles
 *
 *        idle -- post --> posted -- end ----> done -- taken over --> idle
 *                               \-- lose --> lost -- taken over, and done again --> idle
 * ```
 *
 * The state carries the number of the job, so that who ends one late does not end the next.
 */
import { assert, type CodedError } from '@htkv/base';

import { JOB_NUMBERS, Word, type ControlMemory } from '../control/shared-memory.ts';
import { ioFailure, noSpace } from '../failure.ts';
import type { ClosedGroup } from '../log/group-writer.ts';

/** How long a job is waited for before it is done again by the one who waits. */
const JOB_PATIENCE_MS = 1000;

export interface CommitJob {
  readonly segmentId: number;
  /** Undefined if there is only something to sync. */
  readonly group: ClosedGroup | undefined;
  readonly durable: boolean;
}

/** The chain value after the group, or why it is not written; `undefined` if nobody knows. */
export type CommitResult = { readonly chain: number } | { readonly failure: CodedError } | undefined;

/** Offsets from the job's first word. */
const STATE = Word.job;
const OUTCOME = Word.job + 1;
const CHAIN = Word.job + 2;
const ERRNO_LENGTH = Word.job + 3;
/** Jobs that were ever posted: what whoever does the jobs waits for. */
const POSTS = Word.job + 4;
const ERRNO = Word.job + 5;
const ERRNO_LENGTH_MAX = 32;

const IDLE = 0;
const POSTED = 1;
const DONE = 2;
const LOST = 3;
/** The state word is the number of the job, and these bits. */
const STATE_BITS = 3;
const NUMBER_STEP = 4;

const OUTCOMES = ['written', 'noSpace', 'writeFailed', 'syncFailed'] as const;
export type CommitOutcome = (typeof OUTCOMES)[number];

export class CommitJobCell {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  constructor(control: Pick<ControlMemory, 'words' | 'job'>) {
    this.#words = control.words;
    this.#numbers = control.job;
  }

  get isIdle(): boolean {
    return (this.#state & STATE_BITS) === IDLE;
  }

  get isPosted(): boolean {
    return (this.#state & STATE_BITS) === POSTED;
  }

  /** Whether a job has ended, with a result or without, and nobody has taken it over. */
  get isDone(): boolean {
    return (this.#state & STATE_BITS) >= DONE;
  }

  /** Number of the running job: what {@link end} takes. */
  get number(): number {
    return this.#state & ~STATE_BITS;
  }

  /** Lets a job begin; none is running. */
  post(job: CommitJob): void {
    assert(this.isIdle, 'one job at a time');
    const { group } = job;
    const numbers = [job.segmentId, job.durable ? 1 : 0, group === undefined ? 0 : 1];
    if (group !== undefined) {
      numbers.push(group.slot, group.seed, group.start, group.trailerOffset, group.previousChain);
      numbers.push(group.rewritten ? 1 : 0, group.recordCount, group.deleteCount);
      numbers.push(group.firstSequence, group.lastSequence, group.highestVersion);
      numbers.push(group.durableSegmentId, group.durableBytes, group.firstValueId, group.endValueId);
    }
    assert(numbers.length <= JOB_NUMBERS, 'a job fits its place');
    this.#numbers.set(numbers);
    Atomics.store(this.#words, STATE, (this.number + NUMBER_STEP) | POSTED);
    this.wake();
  }

  /** Makes sure that whoever does the jobs knows of the posted one. */
  wake(): void {
    Atomics.add(this.#words, POSTS, 1);
    Atomics.notify(this.#words, POSTS);
  }

  /** The job that was posted last. */
  job(): CommitJob {
    const [segmentId, durable, hasGroup, ...rest] = this.#numbers as unknown as number[];
    if (hasGroup === 0) return { segmentId: segmentId!, durable: durable === 1, group: undefined };
    const [slot, seed, start, trailerOffset, previousChain, rewritten, recordCount, deleteCount, ...more] =
      rest;
    const [first, last, highest, durableSegmentId, durableBytes, firstValueId, endValueId] = more;
    const group: ClosedGroup = {
      slot: slot!,
      seed: seed!,
      start: start!,
      trailerOffset: trailerOffset!,
      previousChain: previousChain!,
      rewritten: rewritten === 1,
      recordCount: recordCount!,
      deleteCount: deleteCount!,
      firstSequence: first!,
      lastSequence: last!,
      highestVersion: highest!,
      durableSegmentId: durableSegmentId!,
      durableBytes: durableBytes!,
      firstValueId: firstValueId!,
      endValueId: endValueId!,
    };
    return { segmentId: segmentId!, durable: durable === 1, group };
  }

  /**
   * Ends the job of that number; `errno` says why it failed. Does nothing if it was given up meanwhile: somebody else
   * has done it, and another one may be running.
   */
  end(number: number, outcome: CommitOutcome, chain: number, errno: string): void {
    const text = errno.slice(0, ERRNO_LENGTH_MAX);
    this.#words[OUTCOME] = OUTCOMES.indexOf(outcome);
    this.#words[CHAIN] = chain | 0;
    this.#words[ERRNO_LENGTH] = text.length;
    for (let index = 0; index < text.length; index += 1) this.#words[ERRNO + index] = text.charCodeAt(index);
    this.#finish(number, DONE);
  }

  /** Ends the job without a result, if it is running: whoever takes it over does it again. */
  lose(): void {
    this.#finish(this.number, LOST);
  }

  #finish(number: number, state: number): void {
    const posted = number | POSTED;
    if (Atomics.compareExchange(this.#words, STATE, posted, number | state) !== posted) return;
    Atomics.notify(this.#words, STATE);
  }

  /** Waits for the end of the job, up to `timeoutMs`; false if it has not come. */
  wait(timeoutMs: number): boolean {
    for (;;) {
      const state = this.#state;
      if ((state & STATE_BITS) !== POSTED) return true;
      // What wakes may be the end of the job before, told late: only the state says that this one has ended.
      if (Atomics.wait(this.#words, STATE, state, timeoutMs) === 'timed-out') return false;
    }
  }

  /** Waits for the end of the job, and gives it up as lost, with whoever does the jobs, if it does not come. */
  waitOrLose(): void {
    if (this.wait(JOB_PATIENCE_MS)) return;
    this.hasRunner = false;
    this.lose();
  }

  /** Whether somebody does jobs: one that is posted now will be done. */
  get hasRunner(): boolean {
    return Atomics.load(this.#words, Word.runner) === 1;
  }

  set hasRunner(isUp: boolean) {
    Atomics.store(this.#words, Word.runner, isUp ? 1 : 0);
    if (isUp) Atomics.notify(this.#words, Word.runner);
  }

  /** Id of the thread that does jobs, or did last. */
  get runnerThread(): number {
    return Atomics.load(this.#words, Word.runnerThread);
  }

  set runnerThread(threadId: number) {
    Atomics.store(this.#words, Word.runnerThread, threadId);
  }

  /** Waits until somebody does jobs, up to `timeoutMs`; false if nobody does then. */
  waitForRunner(timeoutMs: number): boolean {
    Atomics.wait(this.#words, Word.runner, 0, timeoutMs);
    return this.hasRunner;
  }

  /** Resolves when a job is posted, if none is; for the thread that does the jobs. */
  posted(): Promise<unknown> | undefined {
    const posts = Atomics.load(this.#words, POSTS);
    if (this.isPosted) return undefined;
    const waiting = Atomics.waitAsync(this.#words, POSTS, posts);
    return waiting.async ? waiting.value : undefined;
  }

  /** The result of a job that has ended; `path` is its segment's. */
  result(path: string): CommitResult {
    if ((this.#state & STATE_BITS) === LOST) return undefined;
    const outcome = OUTCOMES[this.#words[OUTCOME]!];
    if (outcome === 'written') return { chain: this.#words[CHAIN]! >>> 0 };
    const codes = this.#words.subarray(ERRNO, ERRNO + this.#words[ERRNO_LENGTH]!);
    const code = String.fromCharCode(...codes);
    const cause = Object.assign(new Error(`${code} in the commit thread`), { code });
    if (outcome === 'noSpace') return { failure: noSpace(path, cause) };
    return { failure: ioFailure(path, outcome === 'syncFailed' ? 'sync' : 'write', cause) };
  }

  /** The result of the job has been taken over: the next one can begin. */
  clear(): void {
    Atomics.store(this.#words, STATE, this.number | IDLE);
  }

  get #state(): number {
    return Atomics.load(this.#words, STATE);
  }
}
