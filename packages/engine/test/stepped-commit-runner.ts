/**
 * A commit thread for simulations: takes a job and brings it to its end when the test says so, or when somebody
 * waits. Each job is lost on the way, so the engine's own thread does it again when it lands, on the simulated disk.
 */
import type { CommitRunner, StartCommitRunner } from '@htkv/storage';
import { CommitJobCell, ControlMemory } from '@htkv/storage/testing';

type Memory = Parameters<StartCommitRunner>[0];

export class SteppedCommitRunner implements CommitRunner {
  /** Whether a running job has come to its end when somebody looks. */
  readonly #isDone: () => boolean;
  readonly #cell: CommitJobCell;
  readonly #onDone: () => void;
  /** Jobs that were begun so far. */
  jobs = 0;
  isClosed = false;

  constructor(memory: Memory, onDone: () => void, isDone: () => boolean) {
    this.#cell = new CommitJobCell(
      new ControlMemory(memory.control, memory.ring.byteLength / 2 ** memory.pageLog2),
    );
    this.#onDone = onDone;
    this.#isDone = isDone;
  }

  get isUp(): boolean {
    return !this.isClosed;
  }

  get isRunning(): boolean {
    return this.#cell.isPosted;
  }

  begin(): void {
    this.jobs += 1;
  }

  rest(): void {
    // A simulation has no event loop to keep alive.
  }

  wait(): void {
    this.#cell.lose();
  }

  poll(): void {
    if (this.#isDone()) this.#cell.lose();
  }

  /** Brings the running job to its end if it has come that far. */
  step(): void {
    if (this.isRunning && this.#isDone()) this.land();
  }

  close(): void {
    this.isClosed = true;
  }

  /** Brings the running job to its end. */
  land(): void {
    this.#cell.lose();
    this.#onDone();
  }
}
