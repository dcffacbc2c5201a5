/**
 * A thread that writes commit groups out, so that the thread which makes the writes neither computes checksums nor
 * waits for the disk.
 *
 * One job at a time. Whoever cannot wait for the event loop waits on shared memory. A job that does not come back,
 * because the thread died or the disk is stuck, may be done again by anybody: it writes the same bytes to the same
 * place. The thread does not keep the process alive; a job does.
 */
import { Worker } from 'node:worker_threads';

import {
  CommitResultCell,
  type CommitJob,
  type CommitMemory,
  type CommitResult,
  type CommitRunner,
} from './commit-job.ts';

/** What the thread starts from. */
export interface CommitThreadStart extends CommitMemory {
  readonly result: SharedArrayBuffer;
}

/** What the thread is sent. */
export interface NumberedJob extends CommitJob {
  /** Comes back as the message that says the job is done. */
  readonly jobNumber: number;
}

export class CommitThread implements CommitRunner {
  readonly #worker: Worker;
  readonly #cell: CommitResultCell;
  #isGone = false;
  #path = '';
  #jobNumber = 0;
  #onDone: ((result: CommitResult) => void) | undefined;

  /** `memory` is shared memory, and the files are the machine's own. */
  constructor(memory: CommitMemory) {
    const result = CommitResultCell.allocate();
    this.#cell = new CommitResultCell(result);
    // Unbuilt sources run as they are; a built package has its worker beside this file, under the other ending.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./commit-worker.${ending}`, import.meta.url), {
      workerData: { ...memory, result } satisfies CommitThreadStart,
      name: 'htkv-commit',
    });
    this.#worker.unref();
    this.#worker.on('message', (message) => {
      // A job that somebody waited for is settled before its message comes.
      if (message === this.#jobNumber) this.#settle(this.#cell.read(this.#path));
    });
    this.#worker.on('error', () => this.#lose());
    this.#worker.on('exit', () => this.#lose());
  }

  /** Whether a job can be started: the thread has come up, is there, and is idle. */
  get isIdle(): boolean {
    return !this.#isGone && this.#onDone === undefined && this.#cell.isDone;
  }

  /** Starts a job on an idle thread. `onDone` is called once, from the event loop or from {@link wait}. */
  begin(job: CommitJob, onDone: (result: CommitResult) => void): void {
    this.#path = job.path;
    this.#jobNumber += 1;
    this.#onDone = onDone;
    this.#cell.clear();
    this.#worker.ref();
    this.#worker.postMessage({ ...job, jobNumber: this.#jobNumber } satisfies NumberedJob);
  }

  /** Ends the running job now, if there is one: waits for its result, and gives up on it after `timeoutMs`. */
  wait(timeoutMs: number): void {
    if (this.#onDone === undefined) return;
    if (!this.#cell.wait(timeoutMs)) this.#isGone = true;
    this.#settle(this.#cell.read(this.#path));
  }

  /** Ends the running job if its result is there. */
  poll(): void {
    if (this.#onDone !== undefined && this.#cell.isDone) this.#settle(this.#cell.read(this.#path));
  }

  /** Ends the thread. No job is running. */
  close(): void {
    this.#isGone = true;
    void this.#worker.terminate();
  }

  #lose(): void {
    this.#isGone = true;
    this.#settle(this.#cell.read(this.#path));
  }

  #settle(result: CommitResult): void {
    const onDone = this.#onDone;
    if (onDone === undefined) return;
    this.#onDone = undefined;
    this.#worker.unref();
    onDone(result);
  }
}
