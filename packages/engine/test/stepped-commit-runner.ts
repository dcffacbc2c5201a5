/**
 * A commit thread for simulations: takes a job and brings it to its end when the test says so, or when somebody
 * waits. Each job is lost on the way, so the engine's own thread does it again when it lands, on the simulated disk.
 */

import type { CommitRunner } from '@htkv/storage';

type Job = Parameters<CommitRunner['begin']>[0];
type OnDone = Parameters<CommitRunner['begin']>[1];

export class SteppedCommitRunner implements CommitRunner {
  /** Whether a running job has come to its end when somebody looks. */
  readonly #isDone: () => boolean;
  #onDone: OnDone | undefined;
  /** Jobs that were begun so far. */
  jobs = 0;
  isClosed = false;

  constructor(isDone: () => boolean) {
    this.#isDone = isDone;
  }

  get isIdle(): boolean {
    return !this.isRunning && !this.isClosed;
  }

  get isRunning(): boolean {
    return this.#onDone !== undefined;
  }

  begin(_job: Job, onDone: OnDone): void {
    this.jobs += 1;
    this.#onDone = onDone;
  }

  wait(): void {
    this.land();
  }

  poll(): void {
    if (this.#isDone()) this.land();
  }

  close(): void {
    this.isClosed = true;
  }

  /** Brings the running job to its end. */
  land(): void {
    const onDone = this.#onDone;
    this.#onDone = undefined;
    onDone?.(undefined);
  }
}
