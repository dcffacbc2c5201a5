/**
 * The deterministic machine: the same commands in the same order give the same outcomes and the same records, on
 * any machine, at any time. It has no clock, no randomness and no storage; records are behind a {@link StatePort}.
 *
 * A batch is planned completely before anything is written. Items that are planned see the records that earlier
 * items of the batch will write, and all of it reaches the port in one `commit`.
 */

import type { ApplyOutcome } from './apply-outcome.ts';
import { changesState } from './apply-outcome.ts';
import type { StampedBatch, StampedCommand, StampedSingle } from './command.ts';
import { batchConditionsHold } from './batch-condition.ts';
import { decide } from './decide.ts';
import type { EntryHead } from './entry.ts';
import { keyText } from './key-text.ts';
import type { Mutation, StatePort } from './state-port.ts';

/** What a set or delete would come to. */
export interface Evaluation {
  readonly outcome: ApplyOutcome;
  /** Empty, or the one record that would be written. Bytes are the command's own. */
  readonly mutations: readonly Mutation[];
}

/** What a batch would come to. */
export interface BatchEvaluation {
  /** One per item, in order. */
  readonly outcomes: readonly ApplyOutcome[];
  /** What would be written, in order; empty if the batch would have no effect. Bytes are the commands' own. */
  readonly mutations: readonly Mutation[];
}

export interface StateMachineOptions {
  /**
   * For how long what is left of a key that is gone makes older versions stale, in milliseconds of the commands' own
   * timestamps. For ever unless given. Every replica needs the same.
   */
  readonly graceMs?: number | undefined;
}

const NO_MUTATIONS: readonly Mutation[] = [];

export class StateMachine {
  readonly #port: StatePort;
  readonly #graceMs: number;

  /** A machine over the records of `port`. It keeps nothing itself, so the port may change between commands. */
  constructor(port: StatePort, { graceMs = Number.POSITIVE_INFINITY }: StateMachineOptions = {}) {
    this.#port = port;
    this.#graceMs = graceMs;
  }

  /**
   * Decides without changing anything. In an all-or-nothing batch that fails, items that would have passed report
   * the outcome they would have had, and there are no mutations.
   */
  evaluate(command: StampedSingle): Evaluation;
  evaluate(command: StampedBatch): BatchEvaluation;
  evaluate(command: StampedCommand): Evaluation | BatchEvaluation;
  evaluate(command: StampedCommand): Evaluation | BatchEvaluation {
    if (command.type === 'batch') return plan(this.#port, command, this.#graceMs);
    const outcome = decide(command, this.#port.head(command.key), this.#graceMs);
    return { outcome, mutations: changesState(outcome) ? [command] : NO_MUTATIONS };
  }

  /**
   * Decides and makes the change: at most one `commit` on the port, none if nothing changes. The outcomes are those
   * of {@link evaluate}. What the port throws is passed on, and then nothing has changed.
   */
  apply(command: StampedSingle): ApplyOutcome;
  apply(command: StampedBatch): readonly ApplyOutcome[];
  apply(command: StampedCommand): ApplyOutcome | readonly ApplyOutcome[];
  apply(command: StampedCommand): ApplyOutcome | readonly ApplyOutcome[] {
    if (command.type === 'batch') return this.#applyBatch(command);
    const outcome = decide(command, this.#port.head(command.key), this.#graceMs);
    if (changesState(outcome)) this.#port.commit([command]);
    return outcome;
  }

  #applyBatch(batch: StampedBatch): readonly ApplyOutcome[] {
    const { outcomes, mutations } = plan(this.#port, batch, this.#graceMs);
    if (mutations.length > 0) this.#port.commit(mutations);
    return outcomes;
  }
}

function plan(port: StatePort, batch: StampedBatch, graceMs: number): BatchEvaluation {
  const outcomes: ApplyOutcome[] = [];
  const mutations: StampedSingle[] = [];
  const planned = new Map<string, StampedSingle>();
  let refused = false;
  if (!batchConditionsHold(batch, port)) {
    return { outcomes: batch.commands.map(() => 'conflict' as const), mutations: NO_MUTATIONS };
  }
  for (const item of batch.commands) {
    const text = keyText(item.key);
    const earlier = planned.get(text);
    const outcome = decide(item, earlier === undefined ? port.head(item.key) : headAfter(earlier), graceMs);
    outcomes.push(outcome);
    if (changesState(outcome)) {
      mutations.push(item);
      planned.set(text, item);
    } else {
      refused = true;
    }
  }
  const hasNoEffect = refused && batch.atomic === 'allOrNothing';
  return { outcomes, mutations: hasNoEffect ? NO_MUTATIONS : mutations };
}

/** What is known of a key once `item` has been applied. */
function headAfter(item: StampedSingle): EntryHead {
  const { version, timestamp } = item;
  if (item.type === 'delete') return { version, timestamp, expiresAt: undefined, deleted: true };
  return { version, timestamp, expiresAt: item.expiresAt, deleted: false };
}
