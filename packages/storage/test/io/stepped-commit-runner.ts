/**
 * A commit runner whose every step a test decides: a job is posted, done some time later, and lands later still,
 * while the store goes on. It works on the store's own memory and files, so a crash in between leaves what a thread
 * that was cut off there would leave.
 */
import { ControlMemory } from '../../src/control/shared-memory.ts';
import { CommitJobCell } from '../../src/io/commit-job.ts';
import type { CommitMemory, CommitRunner } from '../../src/io/commit-runner.ts';
import { performCommit, type CommitPlace, type PerformedCommit } from '../../src/io/perform-commit.ts';
import { PageRing } from '../../src/log/page-ring.ts';
import type { FileSystem } from '../../src/fs/file-system.ts';

export class SteppedCommitRunner implements CommitRunner {
  readonly #place: CommitPlace;
  readonly #cell: CommitJobCell;
  readonly #onDone: () => void;
  #performed: PerformedCommit | undefined;
  readonly isUp = true;
  /** Jobs that were begun, and those whose result never came. */
  begun = 0;
  lost = 0;

  constructor(fileSystem: FileSystem, memory: CommitMemory, onDone: () => void) {
    const { ring, pageTable, pageLog2, directory } = memory;
    const control = new ControlMemory(memory.control, ring.byteLength / 2 ** pageLog2);
    this.#cell = new CommitJobCell(control);
    this.#place = { fileSystem, directory, ring: new PageRing(ring, pageTable, pageLog2, control) };
    this.#onDone = onDone;
  }

  begin(): void {
    this.begun += 1;
    this.#performed = undefined;
  }

  rest(): void {
    // A test keeps no event loop alive.
  }

  /** Does the running job, if it is not done: its bytes are in the file, its result is still under way. */
  write(): void {
    if (!this.#cell.isPosted) return;
    this.#performed ??= performCommit(this.#place, this.#cell.job(), (path) =>
      this.#place.fileSystem.open(path, 'write'),
    );
  }

  /** The result of the running job comes back, and the store hears of it. */
  land(): void {
    this.wait();
    this.#onDone();
  }

  /** The runner dies: nobody knows how far the running job has come. */
  lose(): void {
    if (!this.#cell.isPosted) return;
    this.lost += 1;
    this.#cell.lose();
    this.#onDone();
  }

  wait(): void {
    this.write();
    const performed = this.#performed;
    this.#performed = undefined;
    if (performed !== undefined)
      this.#cell.end(this.#cell.number, performed.outcome, performed.chain, performed.errno);
  }

  poll(): void {
    if (this.#performed !== undefined) this.wait();
  }

  close(): void {
    this.#performed = undefined;
  }
}
