/**
 * Clearing a range: as one atomic unit where that can be, else as batches, each of which is one. A range has no command
 * of its own: what goes is decided key by key, in the order and by the state that every replica has.
 */
import { errorCode, type ApplyOutcome, type DeleteCommand } from '@htkv/state';

/** Keys that are one unit at most: about half a second in which nobody else writes. */
const KEYS_AT_ONCE = 262_144;
/** Keys of a batch of many, and bytes of them: few enough for the least memory, many enough for a commit. */
const KEYS_PER_BATCH = 1024;
const BYTES_PER_BATCH = 256 * 1024;

/** Deletes of all `keys`; undefined if they are too many for one unit. What is absent by then is left alone. */
export function clearAtOnce(keys: Iterable<Uint8Array>): readonly DeleteCommand[] | undefined {
  const deletes: DeleteCommand[] = [];
  for (const key of keys) {
    if (deletes.length === KEYS_AT_ONCE) return undefined;
    deletes.push({ type: 'delete', key, ifPresent: true });
  }
  return deletes;
}

/** Deletes of `keys`, which may go on growing meanwhile, batch by batch. What is absent by then is left alone. */
export function* clearSteps(
  keys: Iterable<Uint8Array>,
): Generator<readonly DeleteCommand[], void, undefined> {
  let batch: DeleteCommand[] = [];
  let bytes = 0;
  for (const key of keys) {
    batch.push({ type: 'delete', key, ifPresent: true });
    bytes += key.length;
    if (batch.length < KEYS_PER_BATCH && bytes < BYTES_PER_BATCH) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** How many keys a batch has deleted. */
export function countRemoved(outcomes: readonly ApplyOutcome[]): number {
  return outcomes.reduce((count, outcome) => (outcome === 'removed' ? count + 1 : count), 0);
}

/** Throws `error` unless it says that a batch was refused for its size, with nothing done. */
export function requireTooLarge(error: unknown): void {
  if (errorCode(error) !== 'STORAGE_BATCH_TOO_LARGE') throw error;
}
