/**
 * Takes checkpoints of an engine's store, a slice at a time with everything else in between: when one is asked for, and
 * when so much was written since the last one that the next opening would take long.
 */
import type { CheckpointResult, CheckpointRun, LogStore } from '@htkv/storage';

import type { Committer } from './committer.ts';
import type { Environment } from './environment.ts';
import { applyFailure, engineClosed } from './failure.ts';

/** Writes between two looks at whether a checkpoint is due. */
const WRITES_PER_LOOK = 1024;
/** The same after one that failed, for want of room perhaps. */
const WRITES_AFTER_FAILURE = 64 * WRITES_PER_LOOK;

/** A checkpoint, durable. */
export type Checkpoint = CheckpointResult;

const NOTHING: Checkpoint = Object.freeze({ checkpointId: 0, keys: 0, bytes: 0 });

interface Running {
  readonly run: CheckpointRun;
  readonly promise: Promise<Checkpoint>;
  readonly resolve: (checkpoint: Checkpoint) => void;
  readonly reject: (error: Error) => void;
}

export class Checkpointer {
  readonly #store: LogStore;
  readonly #committer: Committer;
  readonly #environment: Environment;
  #running: Running | undefined;
  #writesToLook = WRITES_PER_LOOK;
  #isClosed = false;

  constructor(store: LogStore, committer: Committer, environment: Environment) {
    this.#store = store;
    this.#committer = committer;
    this.#environment = environment;
  }

  /** Whether one is being taken that compaction has disturbed, and should not again. */
  get isDisturbed(): boolean {
    return this.#running?.run.hasBegunAgain === true;
  }

  /** To be called after each write. */
  afterWrite(): void {
    this.#writesToLook -= 1;
    if (this.#writesToLook > 0) return;
    this.#writesToLook = WRITES_PER_LOOK;
    // Not here: a look takes a turn, and what it fails of is no failure of the write.
    this.#environment.soon(() => this.#look());
  }

  #look(): void {
    const { poison, hasEnded } = this.#store;
    if (this.#isClosed || hasEnded || poison !== undefined) return;
    try {
      if (this.#store.isCheckpointDue) this.takeQuietly();
    } catch {
      // Another thread does not let go of the store: the next look will tell.
    }
  }

  /**
   * Takes a checkpoint that nobody waits for, in the thread that opened the store, unless one is being taken or there is
   * no room for anything.
   */
  takeQuietly(): void {
    if (this.#running !== undefined || this.#store.isJoined || this.#store.space.isOut) return;
    this.#begin().promise.catch(() => {
      // Nobody asked for it, and the log is complete without it.
      this.#writesToLook = WRITES_AFTER_FAILURE;
    });
  }

  /** Resolves when a checkpoint that shows all writes so far is durable. Rejects with what writing it throws. */
  take(): Promise<Checkpoint> {
    const isTooLate = this.#running?.run.isDurable === true;
    if (isTooLate) return this.#running!.promise.then(() => this.take());
    return (this.#running ?? this.#begin()).promise;
  }

  /** Gives up the checkpoint that is being written. Who waits for it is told that the engine was closed. */
  close(): void {
    this.#isClosed = true;
    const running = this.#running;
    this.#running = undefined;
    running?.run.discard();
    running?.reject(engineClosed());
  }

  #begin(): Running {
    const running = { run: this.#store.beginCheckpoint(), ...Promise.withResolvers<Checkpoint>() };
    this.#running = running;
    this.#environment.soon(() => this.#step(running));
    return running;
  }

  #step(running: Running): void {
    if (this.#running !== running) return;
    let hasEnded: boolean;
    try {
      hasEnded = running.run.step();
      // Its commits are also those of others, who wait for them.
      this.#committer.afterApply();
    } catch (error) {
      this.#running = undefined;
      running.run.discard();
      const failure = applyFailure(error as Error, this.#store.poison !== undefined);
      this.#committer.afterFailedApply(failure);
      running.reject(failure);
      return;
    }
    if (!hasEnded) {
      this.#environment.soon(() => this.#step(running));
      return;
    }
    this.#running = undefined;
    running.resolve(running.run.result ?? NOTHING);
  }
}
