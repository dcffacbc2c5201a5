/** Somebody who does commit jobs beside the threads that make the writes. */
import type { StoreMemory } from '../memory/memory-plan.ts';

/** What whoever does the jobs has to know. */
export interface CommitMemory extends StoreMemory {
  readonly pageLog2: number;
  /** Directory of the store. */
  readonly directory: string;
  /** Names the store among those of the process. */
  readonly store: string;
}

export interface CommitRunner {
  /** Whether a job that is posted now will be done. */
  readonly isUp: boolean;
  /** This thread is about to post a job, or to wait for another thread's; `onDone` is called when it has ended. */
  begin(): void;
  /** This thread waits for no job any more. */
  rest(): void;
  /** Waits for the end of the posted job, and gives it up as lost if it does not come. */
  wait(): void;
  /** Ends the posted job if its result is there. */
  poll(): void;
  /** No job is posted. */
  close(): void;
}

/** Starts a runner; it calls `onDone` from the event loop when a job has come to its end. */
export type StartCommitRunner = (memory: CommitMemory, onDone: () => void) => CommitRunner;
