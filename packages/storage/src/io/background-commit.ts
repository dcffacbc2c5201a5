/**
 * Commits that somebody else makes while writes go on: starts the runner, posts one closed group at a time, and takes
 * the result over into the log, whoever posted it. All calls but `close` are made with the store's lock held.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { noSpace } from '../failure.ts';
import { syncFile } from '../fs/checked-io.ts';
import type { ClosedGroup } from '../log/group-writer.ts';
import type { HybridLog } from '../log/hybrid-log.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import type { CommitJobCell } from './commit-job.ts';
import type { CommitRunner } from './commit-runner.ts';

/** What the commits need of the store. */
export interface BackgroundOwner {
  /** Writes a group on the calling thread. */
  write(segment: Segment, group: ClosedGroup): number;
  /** The failure that ended writing, if one did. */
  poison(): Error | undefined;
  /** Settles what a failed commit means, and returns what to tell those who wait for it. */
  settle(error: unknown): Error;
}

interface Waiting {
  /** Number of the job that is waited for, and what it makes durable. */
  readonly job: number;
  readonly lastSequence: number;
  readonly onSettled: (failure: Error | undefined) => void;
}

export class BackgroundCommit {
  readonly #log: HybridLog;
  readonly #segments: SegmentTable;
  readonly #control: ControlBlock;
  readonly #cell: CommitJobCell;
  readonly #owner: BackgroundOwner;
  readonly #start: () => CommitRunner;
  #runner: CommitRunner | undefined;
  /** This thread's own, if it has posted one whose end it has not heard of. */
  #waiting: Waiting | undefined;

  constructor(
    parts: { readonly segments: SegmentTable; readonly control: ControlBlock; readonly cell: CommitJobCell },
    log: HybridLog,
    owner: BackgroundOwner,
    start: () => CommitRunner,
  ) {
    this.#segments = parts.segments;
    this.#control = parts.control;
    this.#cell = parts.cell;
    this.#log = log;
    this.#owner = owner;
    this.#start = start;
  }

  /** Whether this thread has not heard of the end of a job that it waits for. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Starts the runner, if it is not started. */
  start(): void {
    this.#runner ??= this.#start();
  }

  /**
   * Begins to write the open group, and to sync if `durable`. `false` if the runner is not up, or has a job of this
   * thread already, or if there is nothing to do; `busy` if it has the job of another thread. Else, and where it is
   * busy, `onSettled` is called once when the job has landed, with what the failure means if there was one.
   */
  begin(durable: boolean, onSettled: (failure: Error | undefined) => void): boolean | 'busy' {
    const runner = (this.#runner ??= this.#start());
    const segment = this.#segments.active;
    if (!runner.isUp || segment === undefined || this.#waiting !== undefined) return false;
    if (!this.#cell.isIdle) return this.#join(runner, onSettled);
    const group = this.#log.closed ?? this.#log.closeGroup();
    if (group === undefined && !durable) return false;
    const job = this.#control.get(Field.jobsBegun) + 1;
    this.#control.set(Field.jobsBegun, job);
    this.#waiting = { job, lastSequence: group?.lastSequence ?? segment.lastSequence, onSettled };
    // Before the job is posted: it may end at once.
    runner.begin();
    this.#cell.post({ segmentId: segment.segmentId, group, durable });
    return true;
  }

  /** Waits for the job of another thread. */
  #join(runner: CommitRunner, onSettled: (failure: Error | undefined) => void): false | 'busy' {
    runner.begin();
    if (!this.#cell.isPosted) {
      runner.rest();
      return false;
    }
    this.#waiting = { job: this.#control.get(Field.jobsBegun), lastSequence: 0, onSettled };
    return 'busy';
  }

  /** Takes over the result of the job that has come to its end, if one has, and tells this thread's waiter. */
  land(): void {
    let failure: Error | undefined;
    if (this.#cell.isDone) failure = this.#takeOver();
    this.#tell(failure);
  }

  /** Brings the running job, if there is one, to its end before it returns. Throws what its failure means. */
  finish(): void {
    if (this.#cell.isPosted) {
      this.start();
      this.#runner?.wait();
    }
    const failure = this.#cell.isDone ? this.#takeOver() : undefined;
    this.#tell(failure);
    if (failure !== undefined) throw failure;
  }

  /** As {@link finish}, where a failure is known to whoever waited for the group. */
  settle(): void {
    try {
      this.finish();
    } catch {
      // Whoever waited was told.
    }
  }

  /** Lets a runner that is stepped from outside bring in the result of its job. */
  poll(): void {
    this.#runner?.poll();
  }

  /** Ends the runner. No job is running. */
  close(): void {
    this.#runner?.close();
  }

  #takeOver(): Error | undefined {
    const { group, durable } = this.#cell.job();
    const segment = this.#segments.active;
    let problem: unknown;
    try {
      if (segment !== undefined) this.#complete(segment, group, durable);
    } catch (error) {
      problem = error;
    }
    this.#control.set(Field.jobsLanded, this.#control.get(Field.jobsBegun));
    this.#cell.clear();
    return problem === undefined ? undefined : this.#owner.settle(problem);
  }

  #complete(segment: Segment, group: ClosedGroup | undefined, durable: boolean): void {
    const result = this.#cell.result(segment.path);
    if (result !== undefined && 'failure' in result) throw result.failure;
    // A job that was lost is done again: the same bytes to the same place. One that a thread had begun to take over
    // when it died may have its group in the log already.
    if (group !== undefined && this.#log.closed?.trailerOffset === group.trailerOffset) {
      this.#log.finishGroup(group, result?.chain ?? this.#owner.write(segment, group));
    }
    if (!durable) return;
    if (result === undefined) syncFile(segment.writableFile);
    this.#log.finishSync();
  }

  #tell(failure: Error | undefined): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#control.get(Field.jobsLanded) < waiting.job) return;
    this.#waiting = undefined;
    this.#runner?.rest();
    waiting.onSettled(failure ?? this.#revocation(waiting));
  }

  /** The failure of a job that another thread took over. */
  #revocation(waiting: Waiting): Error | undefined {
    const poison = this.#owner.poison();
    if (poison !== undefined) return poison;
    if (waiting.lastSequence <= this.#control.get(Field.writtenSequence)) return undefined;
    return noSpace(this.#segments.last?.path ?? '', undefined);
  }
}
