/**
 * Where commands go in: whoever puts them in an order and has them applied. In one process that is the store
 * itself; with a replicated log it is the log. Callers cannot tell, and need not.
 */

import type { ApplyOutcome, Atomicity, BatchCommand, Command, SingleCommand } from '@htkv/state';

import type { Durability } from './durability.ts';

export interface SubmitOptions {
  /** The submitter's own default when left out. */
  readonly durability?: Durability | undefined;
}

export interface SubmitBatchOptions extends SubmitOptions {
  /** `perItem` when left out. */
  readonly atomic?: Atomicity | undefined;
}

/**
 * Commands are applied in the order in which they are submitted. Their bytes are borrowed until the promise settles.
 *
 * A promise resolves with outcomes once the command has its place in the order and is as durable as was asked for.
 * A stale or conflicting command resolves too. It rejects with a `TypeError` or `RangeError` if the command is not
 * well formed, and otherwise with a coded error that says what became of it.
 */
export interface CommandSubmitter {
  submit(command: SingleCommand, options?: SubmitOptions): Promise<ApplyOutcome>;
  /** A batch has one outcome per item, in order. */
  submit(command: BatchCommand, options?: SubmitOptions): Promise<readonly ApplyOutcome[]>;
  submit(command: Command, options?: SubmitOptions): Promise<ApplyOutcome | readonly ApplyOutcome[]>;
  /** Submits `commands` as one batch: one atomic unit, one outcome per item, in order. */
  submitBatch(
    commands: readonly SingleCommand[],
    options?: SubmitBatchOptions,
  ): Promise<readonly ApplyOutcome[]>;
}
