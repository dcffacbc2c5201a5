/**
 * The writes that depend on what they change, over any order of commands: the reads of a store, and the submitter whose
 * commands reach that store, such as a replicated log. Each is a command with a condition, so that it takes effect as it was
 * decided or not at all, in every replica alike; one that lost against another command is decided again.
 */
import type { CommandSubmitter } from '@htkv/replication';
import type { ApplyOutcome, BatchCommand, Entry } from '@htkv/state';

import { changeOf, deadlineOf, type DeadlineOptions, type ValueChange } from './atomic/atomic-options.ts';
import { consumeStep, incrementStep, updateStep, type AtomicStep } from './atomic/atomic-step.ts';
import { clearSteps, countRemoved } from './atomic/clear-steps.ts';
import { checkIncrement } from './atomic/counter.ts';
import { runStep } from './atomic/run-step.ts';
import { keyBytes, type BytesLike } from './key-bytes.ts';
import type { KvEngine } from './kv-engine.ts';
import type { KvReader } from './kv-reader.ts';
import type { RangeOptions } from './range.ts';
import type { KvTransaction, TransactionOptions } from './transaction/kv-transaction.ts';
import { runTransaction } from './transaction/run-transaction.ts';
import { checkSubmitOptions, type DurabilityOption } from './write-options.ts';

const NO_OPTIONS: DurabilityOption = Object.freeze({});

export class SubmittedWrites {
  readonly #reader: KvReader & Pick<KvEngine, 'snapshot'>;
  readonly #submitter: CommandSubmitter;
  readonly #now: () => number;

  /** What a `submitter` has resolved is visible in `reader`. `now` is the time that a `ttl` counts from. */
  constructor(
    reader: KvReader & Pick<KvEngine, 'snapshot'>,
    submitter: CommandSubmitter,
    now: () => number = Date.now,
  ) {
    this.#reader = reader;
    this.#submitter = submitter;
    this.#now = now;
  }

  /** As `KvEngine.transaction`: a transaction is one batch with conditions. */
  async transaction<Result>(
    body: (transaction: KvTransaction) => Result | Promise<Result>,
    options: TransactionOptions = NO_OPTIONS,
  ): Promise<Result> {
    const submit = (command: BatchCommand): Promise<readonly ApplyOutcome[]> =>
      this.#submitter.submit(command, { durability: options.durability });
    return runTransaction({ snapshot: () => this.#reader.snapshot(), submit }, body, options);
  }

  /** As `KvEngine.increment`. */
  async increment(key: BytesLike, by = 1, options: DurabilityOption = NO_OPTIONS): Promise<number> {
    checkIncrement(by);
    return this.#run(key, incrementStep(by), options);
  }

  /** As `KvEngine.update`. */
  async update(
    key: BytesLike,
    change: ValueChange,
    options: DeadlineOptions = NO_OPTIONS,
  ): Promise<Uint8Array> {
    const expiresAt = deadlineOf(options, this.#now);
    const { durability } = options;
    return this.#run(key, updateStep(changeOf(change), expiresAt), { durability });
  }

  /** As `KvEngine.consume`. */
  async consume(key: BytesLike, options: DurabilityOption = NO_OPTIONS): Promise<Entry | undefined> {
    return this.#run(key, consumeStep, options);
  }

  /**
   * As `KvEngine.clear`, always in batches of up to 1,024: how large a batch can be depends on each store's memory, and what one
   * replica refuses would be lost for it alone.
   */
  async clear(range?: RangeOptions, options: DurabilityOption = NO_OPTIONS): Promise<number> {
    checkSubmitOptions(options);
    let count = 0;
    for (const step of clearSteps(this.#reader.keys(range))) {
      count += countRemoved(await this.#submitter.submitBatch(step, options));
    }
    return count;
  }

  #run<Result>(key: BytesLike, step: AtomicStep<Result>, options: DurabilityOption): Promise<Result> {
    checkSubmitOptions(options);
    const surroundings = {
      getEntry: (bytes: Uint8Array) => this.#reader.getEntry(bytes),
      submit: (command: Parameters<CommandSubmitter['submitBatch']>[0][number]) =>
        this.#submitter.submit(command, options),
      inTurn: <Value>(attempt: () => Value): Value => attempt(),
    };
    return runStep(surroundings, keyBytes(key), step);
  }
}
