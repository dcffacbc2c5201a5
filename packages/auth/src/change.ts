/**
 * One change, as one atomic batch: look, decide, write under the condition that what was seen is still so, and look
 * again if it is not. Two that change the same records at the same time both succeed, one after the other, whatever
 * thread or machine they are on; none overwrites what the other did.
 *
 * A conflict means that somebody else's change went through, so not all can fail forever.
 */
import type { BatchOptions, SingleInput } from '@htkv/engine';

import type { AuthStore } from './auth-store.ts';
import { contended } from './failure.ts';

export interface PlannedChange<Result> {
  /** With conditions on everything that `plan` has relied on; empty if there is nothing to do. */
  readonly writes: readonly SingleInput[];
  readonly result: Result;
}

/** Far more than a thousand writers to one record need in practice; a store that always refuses must end somewhere. */
const ATTEMPTS_MAX = 10_000;

/**
 * Makes the change that `plan` describes and resolves with its result. `plan` reads, and is called again after a
 * conflict; what it throws ends the change. Rejects with `AUTH_CONTENDED`, or as the store does.
 */
export async function change<Result>(
  store: AuthStore,
  plan: () => PlannedChange<Result>,
  durability?: BatchOptions['durability'],
): Promise<Result> {
  const options: BatchOptions =
    durability === undefined ? { atomic: 'allOrNothing' } : { atomic: 'allOrNothing', durability };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { writes, result } = plan();
    if (writes.length === 0) return result;
    const outcomes = await store.submitBatch(writes, options);
    if (outcomes.every((outcome) => outcome === 'applied' || outcome === 'removed')) return result;
  }
  throw contended(ATTEMPTS_MAX);
}
