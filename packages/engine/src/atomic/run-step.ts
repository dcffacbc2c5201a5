/**
 * Runs atomic steps: reads, decides, submits, and begins again if the entry was changed in between. In a turn of the
 * store nobody comes in between but a deadline; behind a replicated log others may.
 */
import { changesState, type ApplyOutcome, type Entry, type SingleCommand } from '@htkv/state';

import { tooManyConflicts } from '../failure.ts';
import type { AtomicStep, Attempt } from './atomic-step.ts';

/** Far more than others can get in between, if those who are in between get on. */
const ATTEMPTS_MAX = 1_000;

/** Where a step runs; `Outcome` is what submitting gives. */
export interface AtomicSurroundings<Outcome> {
  getEntry(key: Uint8Array): Entry | undefined;
  submit(command: SingleCommand): Outcome;
  /** Runs what is read and submitted together, without others in between where that can be. */
  inTurn<Result>(step: () => Result): Result;
}

/** Throws `ENGINE_CONFLICT` at last, and what reading, the step and submitting throw. */
export async function runStep<Result>(
  surroundings: AtomicSurroundings<Promise<ApplyOutcome>>,
  key: Uint8Array,
  step: AtomicStep<Result>,
): Promise<Result> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { result, outcome } = attemptIn(surroundings, key, step);
    // A promise that waits for its group: the turn has ended by then, and what was decided is decided.
    if (outcome === undefined || changesState(await outcome)) return result;
  }
  throw tooManyConflicts(ATTEMPTS_MAX);
}

/** As {@link runStep}, where submitting answers at once. */
export function runStepSync<Result>(
  surroundings: AtomicSurroundings<ApplyOutcome>,
  key: Uint8Array,
  step: AtomicStep<Result>,
): Result {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { result, outcome } = attemptIn(surroundings, key, step);
    if (outcome === undefined || changesState(outcome)) return result;
  }
  throw tooManyConflicts(ATTEMPTS_MAX);
}

function attemptIn<Result, Outcome>(
  surroundings: AtomicSurroundings<Outcome>,
  key: Uint8Array,
  step: AtomicStep<Result>,
): { readonly result: Result; readonly outcome: Outcome | undefined } {
  return surroundings.inTurn(() => {
    const { command, result }: Attempt<Result> = step(key, surroundings.getEntry(key));
    return { result, outcome: command === undefined ? undefined : surroundings.submit(command) };
  });
}
