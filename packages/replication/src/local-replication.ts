/**
 * Replication within one process: a handle on a single store, which orders its commands itself. Code that is
 * written against the handle runs on one store today and on a replicated log later.
 */

import type { ApplyOutcome, BatchCommand, Command, SingleCommand, StateView } from '@htkv/state';

import type { CommandSubmitter, SubmitBatchOptions, SubmitOptions } from './command-submitter.ts';
import type { ReplicationHandle } from './replication-handle.ts';
import type { SnapshotProvider } from './snapshot-provider.ts';

/** Forwards everything to one store; it neither keeps nor changes anything on the way, errors included. */
export class LocalReplication implements ReplicationHandle {
  readonly #store: CommandSubmitter & SnapshotProvider;

  /** `store` stays the caller's: this handle never closes it. */
  constructor(store: CommandSubmitter & SnapshotProvider) {
    this.#store = store;
  }

  submit(command: SingleCommand, options?: SubmitOptions): Promise<ApplyOutcome>;
  submit(command: BatchCommand, options?: SubmitOptions): Promise<readonly ApplyOutcome[]>;
  submit(command: Command, options?: SubmitOptions): Promise<ApplyOutcome | readonly ApplyOutcome[]>;
  submit(command: Command, options?: SubmitOptions): Promise<ApplyOutcome | readonly ApplyOutcome[]> {
    return this.#store.submit(command, options);
  }

  submitBatch(
    commands: readonly SingleCommand[],
    options?: SubmitBatchOptions,
  ): Promise<readonly ApplyOutcome[]> {
    return this.#store.submitBatch(commands, options);
  }

  latestSnapshot(): StateView {
    return this.#store.snapshotState();
  }

  latestVersion(): number {
    return this.#store.latestVersion();
  }
}
