/** Clearing a range of any size: as batches, each of which is one atomic unit. */
import type { ApplyOutcome, DeleteCommand } from '@htkv/state';

/** Keys of a batch; few enough for any memory, many enough for a commit. */
const KEYS_PER_BATCH = 1024;

/** Deletes of `keys`, which may go on growing meanwhile, batch by batch. What is absent by then is left alone. */
export function* clearSteps(
  keys: Iterable<Uint8Array>,
): Generator<readonly DeleteCommand[], void, undefined> {
  let batch: DeleteCommand[] = [];
  for (const key of keys) {
    batch.push({ type: 'delete', key, ifPresent: true });
    if (batch.length < KEYS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** How many keys a batch has deleted. */
export function countRemoved(outcomes: readonly ApplyOutcome[]): number {
  return outcomes.reduce((count, outcome) => (outcome === 'removed' ? count + 1 : count), 0);
}
