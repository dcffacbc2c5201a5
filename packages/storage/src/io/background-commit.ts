/**
 * Commits that somebody else makes while writes go on: starts the runner, hands it one closed group at a time,
 * and takes the result over into the log.
 */
import { syncFile } from '../fs/checked-io.ts';
import { writeGroup, type ClosedGroup } from '../log/group-writer.ts';
import type { HybridLog } from '../log/hybrid-log.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from '../segment/segment.ts';
import type { CommitResult, CommitRunner } from './commit-job.ts';

/** How long a job is waited for before it is done again by the one who waits. */
const PATIENCE_MS = 10_000;

export class BackgroundCommit {
  readonly #log: HybridLog;
  readonly #ring: PageRing;
  readonly #start: () => CommitRunner;
  #runner: CommitRunner | undefined;
  /** What the owner made of the failure of the job that landed last. */
  #failure: Error | undefined;

  constructor(log: HybridLog, ring: PageRing, start: () => CommitRunner) {
    this.#log = log;
    this.#ring = ring;
    this.#start = start;
  }

  /**
   * Begins to write the open group, and to sync if `durable`. False if the runner is not up yet or busy, or if there
   * is nothing to do. `onLanded` is called once, with the error if there was one, and returns what it means. Throws
   * what closing the group throws.
   */
  begin(durable: boolean, onLanded: (error: unknown) => Error | undefined): boolean {
    this.#runner ??= this.#start();
    const segment = this.#log.active;
    if (!this.#runner.isIdle || segment === undefined) return false;
    const group = this.#log.closeGroup();
    if (group === undefined && !durable) return false;
    this.#runner.begin({ path: segment.path, group, durable }, (result) => {
      this.#failure = onLanded(this.#land(result, segment, group, durable));
    });
    return true;
  }

  /** Brings the running job, if there is one, to its end before it returns. Throws what its failure means. */
  finish(): void {
    this.#failure = undefined;
    this.#runner?.wait(PATIENCE_MS);
    this.#throwFailure();
  }

  /** Takes over the result of the running job if it has come to its end. */
  poll(): void {
    this.#runner?.poll();
  }

  /** Ends the runner. No job is running. */
  close(): void {
    this.#runner?.close();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #land(result: CommitResult, segment: Segment, group: ClosedGroup | undefined, durable: boolean): unknown {
    try {
      if (result !== undefined && 'failure' in result) throw result.failure;
      // A job that was lost is done again: the same bytes to the same place.
      if (group !== undefined) {
        this.#log.finishGroup(group, result?.chain ?? writeGroup(this.#ring, segment.file, group));
      }
      if (!durable) return undefined;
      if (result === undefined) syncFile(segment.file);
      this.#log.finishSync();
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
