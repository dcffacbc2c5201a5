/**
 * A commit runner whose every step a test decides: a job is begun, written some time later, and lands later still,
 * while the store goes on. It works on the store's own memory and files, so a crash in between leaves what a thread
 * that was cut off there would leave.
 */
import { writeGroup } from '../../src/log/group-writer.ts';
import { PageRing } from '../../src/log/page-ring.ts';
import type { CommitJob, CommitMemory, CommitResult, CommitRunner } from '../../src/io/commit-job.ts';
import { wrapFailure } from '../../src/failure.ts';
import { syncFile } from '../../src/fs/checked-io.ts';
import type { FileSystem } from '../../src/fs/file-system.ts';

export class SteppedCommitRunner implements CommitRunner {
  readonly #fileSystem: FileSystem;
  readonly #ring: PageRing;
  #job: CommitJob | undefined;
  #onDone: ((result: CommitResult) => void) | undefined;
  #result: CommitResult;
  #isWritten = false;
  /** Jobs that were begun, and those whose result never came. */
  begun = 0;
  lost = 0;

  constructor(fileSystem: FileSystem, memory: CommitMemory) {
    this.#fileSystem = fileSystem;
    this.#ring = new PageRing(memory.ring, memory.pageTable, memory.pageLog2);
  }

  get isIdle(): boolean {
    return this.#onDone === undefined;
  }

  begin(job: CommitJob, onDone: (result: CommitResult) => void): void {
    this.begun += 1;
    this.#job = job;
    this.#onDone = onDone;
    this.#isWritten = false;
  }

  /** Does the running job, if it is not done: its bytes are in the file, its result is still under way. */
  write(): void {
    if (this.#job === undefined || this.#isWritten) return;
    this.#isWritten = true;
    this.#result = this.#run(this.#job);
  }

  /** The result of the running job comes back. */
  land(): void {
    this.write();
    this.#settle(this.#result);
  }

  /** The runner dies: nobody knows how far the running job has come. */
  lose(): void {
    if (this.#onDone === undefined) return;
    this.lost += 1;
    this.#settle(undefined);
  }

  wait(): void {
    this.land();
  }

  poll(): void {
    if (this.#isWritten) this.land();
  }

  close(): void {
    this.#job = undefined;
  }

  #run(job: CommitJob): CommitResult {
    let file;
    try {
      file = this.#fileSystem.open(job.path, 'write');
      const chain = job.group === undefined ? 0 : writeGroup(this.#ring, file, job.group);
      if (job.durable) syncFile(file);
      return { chain };
    } catch (error) {
      return { failure: wrapFailure(job.path, 'write', error) };
    } finally {
      file?.close();
    }
  }

  #settle(result: CommitResult): void {
    const onDone = this.#onDone;
    this.#onDone = undefined;
    this.#job = undefined;
    onDone?.(result);
  }
}
