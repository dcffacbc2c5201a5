/**
 * A thread that does the commit jobs of a store, so that the threads which make the writes neither compute checksums
 * nor wait for the disk.
 *
 * Jobs and results lie in shared memory: whoever cannot wait for the event loop waits there. A job that does not come
 * back, because the thread died or the disk is stuck, is given up as lost and done again by whoever takes it over.
 * The thread does not keep the process alive; a job does. If it dies, it is started again.
 */
import { Worker } from 'node:worker_threads';

import { ControlMemory } from '../control/shared-memory.ts';
import { CommitJobCell } from './commit-job.ts';
import type { CommitMemory, CommitRunner } from './commit-runner.ts';

/** A thread that could not come up so many times in a row is not started again. */
const STARTS_MAX = 3;

export class CommitThread implements CommitRunner {
  readonly #memory: CommitMemory;
  readonly #cell: CommitJobCell;
  readonly #onDone: () => void;
  #worker: Worker;
  #isClosed = false;
  /** Threads in a row that ended without having come up. */
  #failedStarts = 0;

  /** `memory` is shared memory, and the files are the machine's own. `onDone` is called when a job has ended. */
  constructor(memory: CommitMemory, onDone: () => void) {
    const control = new ControlMemory(memory.control, memory.ring.byteLength / 2 ** memory.pageLog2);
    this.#memory = memory;
    this.#cell = new CommitJobCell(control);
    this.#onDone = onDone;
    this.#worker = this.#start();
  }

  get isUp(): boolean {
    return this.#cell.hasRunner;
  }

  begin(): void {
    this.#worker.ref();
  }

  rest(): void {
    this.#worker.unref();
  }

  wait(): void {
    this.#cell.waitOrLose();
  }

  poll(): void {
    // Whoever enters the store looks for results.
  }

  /** Ends the thread. No job is running. */
  close(): void {
    this.#isClosed = true;
    this.#cell.hasRunner = false;
    void this.#worker.terminate();
  }

  #start(): Worker {
    // Unbuilt sources run as they are; a built package has its worker beside this file, under the other ending.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./commit-worker.${ending}`, import.meta.url), {
      workerData: this.#memory,
      name: 'htkv-commit',
      // Flags of the process, as for reading its program from the command line, are not meant for this one.
      execArgv: [],
    });
    worker.unref();
    worker.on('message', () => this.#onDone());
    // An error ends the thread, and its end is what counts.
    worker.on('error', () => undefined);
    const { threadId } = worker;
    worker.on('exit', () => this.#replace(threadId));
    return worker;
  }

  /** The thread is gone: its job is lost, and another one takes its place. */
  #replace(threadId: number): void {
    // Others may have noticed before, so what they say of a runner tells nothing here.
    const wasUp = this.#cell.runnerThread === threadId;
    this.#cell.hasRunner = false;
    this.#cell.lose();
    this.#onDone();
    this.#failedStarts = wasUp ? 0 : this.#failedStarts + 1;
    // Where none can come up, everything is done by the callers.
    if (this.#failedStarts < STARTS_MAX && !this.#isClosed) this.#worker = this.#start();
  }
}
