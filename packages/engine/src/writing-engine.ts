/**
 * The calls of an engine that write: from their arguments to a command, and from its outcome to what they promise. A
 * `*Sync` call returns when the write is visible, the others resolve when it is as durable as asked for.
 */
import type { Durability } from '@htkv/replication';
import type { ApplyOutcome, BatchCommand, Command, SingleCommand } from '@htkv/state';

import type { Clock } from './clock.ts';
import { commandFrom, type BatchInput, type CommandInput, type SingleInput } from './command-input.ts';
import type { Committer } from './committer.ts';
import { ConvenientEngine } from './convenient-engine.ts';
import type { BytesLike } from './key-bytes.ts';
import { batchCommand, deleteCommand, NO_OPTIONS, setCommand } from './write-commands.ts';
import {
  checkSubmitOptions,
  type BatchOptions,
  type DeleteOptions,
  type DurabilityOption,
  type PutOptions,
} from './write-options.ts';

/** What writing needs besides the commands. */
export interface WritingParts {
  readonly clock: Clock;
  readonly committer: Committer;
  /** What promises wait for unless told otherwise. */
  readonly durability: Durability;
}

export abstract class WritingEngine extends ConvenientEngine {
  protected readonly writing: WritingParts;

  constructor(writing: WritingParts) {
    super();
    this.writing = writing;
  }

  /** Applies a command in a turn of its own. */
  protected abstract apply(command: SingleCommand): ApplyOutcome;
  protected abstract apply(command: BatchCommand): readonly ApplyOutcome[];
  protected abstract apply(command: Command): ApplyOutcome | readonly ApplyOutcome[];

  async put(key: BytesLike, value: BytesLike, options: PutOptions = NO_OPTIONS): Promise<ApplyOutcome> {
    const outcome = this.apply(setCommand(this.writing.clock, key, value, options));
    await this.writing.committer.whenDone(options.durability ?? this.writing.durability);
    return outcome;
  }

  async delete(key: BytesLike, options: DeleteOptions = NO_OPTIONS): Promise<ApplyOutcome> {
    const outcome = this.apply(deleteCommand(key, options));
    await this.writing.committer.whenDone(options.durability ?? this.writing.durability);
    return outcome;
  }

  submit(command: SingleInput, options?: DurabilityOption): Promise<ApplyOutcome>;
  submit(command: BatchInput, options?: DurabilityOption): Promise<readonly ApplyOutcome[]>;
  submit(command: CommandInput, options?: DurabilityOption): Promise<ApplyOutcome | readonly ApplyOutcome[]>;
  async submit(
    command: CommandInput,
    options: DurabilityOption = NO_OPTIONS,
  ): Promise<ApplyOutcome | readonly ApplyOutcome[]> {
    checkSubmitOptions(options);
    const outcome = this.apply(commandFrom(command));
    await this.writing.committer.whenDone(options.durability ?? this.writing.durability);
    return outcome;
  }

  async submitBatch(
    commands: readonly SingleInput[],
    options: BatchOptions = NO_OPTIONS,
  ): Promise<readonly ApplyOutcome[]> {
    const outcomes = this.apply(batchCommand(commands, options));
    await this.writing.committer.whenDone(options.durability ?? this.writing.durability);
    return outcomes;
  }

  putSync(key: BytesLike, value: BytesLike, options: PutOptions = NO_OPTIONS): ApplyOutcome {
    const outcome = this.apply(setCommand(this.writing.clock, key, value, options));
    this.writing.committer.settleNow(options.durability ?? 'memory', this.writing.clock.lastReading);
    return outcome;
  }

  deleteSync(key: BytesLike, options: DeleteOptions = NO_OPTIONS): ApplyOutcome {
    const outcome = this.apply(deleteCommand(key, options));
    this.writing.committer.settleNow(options.durability ?? 'memory', this.writing.clock.lastReading);
    return outcome;
  }

  submitSync(command: SingleInput, options?: DurabilityOption): ApplyOutcome;
  submitSync(command: BatchInput, options?: DurabilityOption): readonly ApplyOutcome[];
  submitSync(command: CommandInput, options?: DurabilityOption): ApplyOutcome | readonly ApplyOutcome[];
  submitSync(
    command: CommandInput,
    options: DurabilityOption = NO_OPTIONS,
  ): ApplyOutcome | readonly ApplyOutcome[] {
    checkSubmitOptions(options);
    const outcome = this.apply(commandFrom(command));
    this.writing.committer.settleNow(options.durability ?? 'memory', this.writing.clock.lastReading);
    return outcome;
  }

  protected override commitSync(
    command: BatchCommand,
    { durability = 'memory' }: DurabilityOption,
  ): readonly ApplyOutcome[] {
    const outcomes = this.apply(command);
    this.writing.committer.settleNow(durability, this.writing.clock.lastReading);
    return outcomes;
  }

  submitBatchSync(
    commands: readonly SingleInput[],
    options: BatchOptions = NO_OPTIONS,
  ): readonly ApplyOutcome[] {
    const outcomes = this.apply(batchCommand(commands, options));
    this.writing.committer.settleNow(options.durability ?? 'memory', this.writing.clock.lastReading);
    return outcomes;
  }
}
