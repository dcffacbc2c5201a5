/**
 * The calls of an engine that are made of its other calls: what they promise follows from those. What depends on what
 * it changes is done in a turn of the store, in which nobody else writes, by commands with conditions.
 */
import type {
  ApplyOutcome,
  BatchCommand,
  DeleteCommand,
  Entry,
  SetCommand,
  SingleCommand,
} from '@htkv/state';

import { changeOf, deadlineOf, type DeadlineOptions, type ValueChange } from './atomic/atomic-options.ts';
import { consumeStep, incrementStep, updateStep, type AtomicStep } from './atomic/atomic-step.ts';
import { clearAtOnce, clearSteps, countRemoved, requireTooLarge } from './atomic/clear-steps.ts';
import { checkIncrement } from './atomic/counter.ts';
import { runStep, runStepSync, type AtomicSurroundings } from './atomic/run-step.ts';
import type { BatchInput, SingleInput } from './command-input.ts';
import { keyBytes, type BytesLike } from './key-bytes.ts';
import type { KvSnapshot } from './kv-reader.ts';
import { allEntryBytes } from './many-input.ts';
import type { RangeOptions } from './range.ts';
import type { RangeReader } from './range-reader.ts';
import { checkFunction, readWith } from './snapshot/read-with.ts';
import type { KvTransaction, TransactionOptions } from './transaction/kv-transaction.ts';
import { runTransaction, runTransactionSync } from './transaction/run-transaction.ts';
import { decodeText } from './value-text.ts';
import { checkSubmitOptions, type BatchOptions, type DurabilityOption } from './write-options.ts';

const NO_OPTIONS: DurabilityOption = Object.freeze({});

export abstract class ConvenientEngine implements AsyncDisposable {
  abstract snapshot(): KvSnapshot;
  abstract get(key: BytesLike): Uint8Array | undefined;
  abstract getMany(keys: Iterable<BytesLike>): (Uint8Array | undefined)[];
  abstract getEntry(key: BytesLike): Entry | undefined;
  abstract entries(range?: RangeOptions): RangeReader<[key: Uint8Array, value: Uint8Array]>;
  abstract keys(range?: RangeOptions): RangeReader<Uint8Array>;
  abstract submit(command: SingleInput, options?: DurabilityOption): Promise<ApplyOutcome>;
  abstract submit(command: BatchInput, options?: DurabilityOption): Promise<readonly ApplyOutcome[]>;
  abstract submitSync(command: SingleInput, options?: DurabilityOption): ApplyOutcome;
  abstract submitSync(command: BatchInput, options?: DurabilityOption): readonly ApplyOutcome[];
  abstract submitBatch(
    commands: readonly SingleInput[],
    options?: BatchOptions,
  ): Promise<readonly ApplyOutcome[]>;
  abstract submitBatchSync(commands: readonly SingleInput[], options?: BatchOptions): readonly ApplyOutcome[];

  abstract closeSync(): void;

  /** As {@link submitSync}, of a batch that is known to be well formed. */
  protected abstract commitSync(command: BatchCommand, options: DurabilityOption): readonly ApplyOutcome[];
  /** Runs `step` in a turn. Throws `ENGINE_CLOSED`. */
  protected abstract inTurn<Result>(step: () => Result): Result;
  /** The engine's time. */
  protected abstract now(): number;

  getString(key: BytesLike): string | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : decodeText(value);
  }

  getPrefix(prefix: BytesLike): [key: Uint8Array, value: Uint8Array][] {
    return this.entries({ prefix: keyBytes(prefix, 'prefix') }).toArray();
  }

  readWith<Result>(read: (view: KvSnapshot) => Result): Result {
    checkFunction(read, 'read');
    return readWith(this.snapshot(), read);
  }

  async transaction<Result>(
    body: (transaction: KvTransaction) => Result | Promise<Result>,
    options: TransactionOptions = NO_OPTIONS,
  ): Promise<Result> {
    const submit = (command: BatchCommand): Promise<readonly ApplyOutcome[]> =>
      this.submit(command, durabilityOf(options));
    return runTransaction({ snapshot: () => this.snapshot(), submit }, body, options);
  }

  transactionSync<Result>(
    body: (transaction: KvTransaction) => Result,
    options: TransactionOptions = NO_OPTIONS,
  ): Result {
    const submit = (command: BatchCommand): readonly ApplyOutcome[] => this.commitSync(command, options);
    return runTransactionSync({ snapshot: () => this.snapshot(), submit }, body, options);
  }

  async putMany(
    entries: Iterable<readonly [key: BytesLike, value: BytesLike]>,
    options: DeadlineOptions = NO_OPTIONS,
  ): Promise<readonly ApplyOutcome[]> {
    return this.submitBatch(this.#sets(entries, options), durabilityOf(options));
  }

  putManySync(
    entries: Iterable<readonly [key: BytesLike, value: BytesLike]>,
    options: DeadlineOptions = NO_OPTIONS,
  ): readonly ApplyOutcome[] {
    return this.submitBatchSync(this.#sets(entries, options), durabilityOf(options));
  }

  async increment(key: BytesLike, by = 1, options: DurabilityOption = NO_OPTIONS): Promise<number> {
    checkIncrement(by);
    return this.#run(key, incrementStep(by), options);
  }

  incrementSync(key: BytesLike, by = 1, options: DurabilityOption = NO_OPTIONS): number {
    checkIncrement(by);
    return this.#runSync(key, incrementStep(by), options);
  }

  async update(
    key: BytesLike,
    change: ValueChange,
    options: DeadlineOptions = NO_OPTIONS,
  ): Promise<Uint8Array> {
    const expiresAt = deadlineOf(options, () => this.now());
    return this.#run(key, updateStep(changeOf(change), expiresAt), durabilityOf(options));
  }

  updateSync(key: BytesLike, change: ValueChange, options: DeadlineOptions = NO_OPTIONS): Uint8Array {
    const expiresAt = deadlineOf(options, () => this.now());
    return this.#runSync(key, updateStep(changeOf(change), expiresAt), durabilityOf(options));
  }

  async consume(key: BytesLike, options: DurabilityOption = NO_OPTIONS): Promise<Entry | undefined> {
    return this.#run(key, consumeStep, options);
  }

  consumeSync(key: BytesLike, options: DurabilityOption = NO_OPTIONS): Entry | undefined {
    return this.#runSync(key, consumeStep, options);
  }

  async clear(range?: RangeOptions, options: DurabilityOption = NO_OPTIONS): Promise<number> {
    checkSubmitOptions(options);
    try {
      const outcomes = await this.#clearAtOnce(range, (deletes) => this.submitBatch(deletes, options));
      if (outcomes !== undefined) return countRemoved(outcomes);
    } catch (error) {
      requireTooLarge(error);
    }
    let count = 0;
    for (const step of clearSteps(this.keys(range)))
      count += countRemoved(await this.submitBatch(step, options));
    return count;
  }

  clearSync(range?: RangeOptions, options: DurabilityOption = NO_OPTIONS): number {
    checkSubmitOptions(options);
    try {
      const outcomes = this.#clearAtOnce(range, (deletes) => this.submitBatchSync(deletes, options));
      if (outcomes !== undefined) return countRemoved(outcomes);
    } catch (error) {
      requireTooLarge(error);
    }
    let count = 0;
    for (const step of clearSteps(this.keys(range)))
      count += countRemoved(this.submitBatchSync(step, options));
    return count;
  }

  /** As {@link closeSync}, and rejects where it throws. */
  async close(): Promise<void> {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads the keys of a range and has them deleted in one turn; undefined, with nothing done, if they are too many. */
  #clearAtOnce<Outcomes>(
    range: RangeOptions | undefined,
    submit: (deletes: readonly DeleteCommand[]) => Outcomes,
  ): Outcomes | readonly ApplyOutcome[] | undefined {
    return this.inTurn(() => {
      const deletes = clearAtOnce(this.keys(range));
      if (deletes === undefined) return undefined;
      return deletes.length === 0 ? [] : submit(deletes);
    });
  }

  #sets(entries: Iterable<readonly [BytesLike, BytesLike]>, options: DeadlineOptions): SetCommand[] {
    const expiresAt = deadlineOf(options, () => this.now());
    return allEntryBytes(entries).map(({ key, value }) => ({ type: 'set', key, value, expiresAt }));
  }

  #run<Result>(key: BytesLike, step: AtomicStep<Result>, options: DurabilityOption): Promise<Result> {
    checkSubmitOptions(options);
    return runStep(
      this.#surroundings((command) => this.submit(command, options)),
      keyBytes(key),
      step,
    );
  }

  #runSync<Result>(key: BytesLike, step: AtomicStep<Result>, options: DurabilityOption): Result {
    checkSubmitOptions(options);
    return runStepSync(
      this.#surroundings((command) => this.submitSync(command, options)),
      keyBytes(key),
      step,
    );
  }

  #surroundings<Outcome>(submit: (command: SingleCommand) => Outcome): AtomicSurroundings<Outcome> {
    return {
      getEntry: (key) => this.getEntry(key),
      submit,
      inTurn: (step) => this.inTurn(step),
    };
  }
}

function durabilityOf({ durability }: DurabilityOption): DurabilityOption {
  return durability === undefined ? NO_OPTIONS : { durability };
}
