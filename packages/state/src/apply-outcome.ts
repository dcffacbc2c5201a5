/**
 * What became of one set or delete. The four words are the whole vocabulary: a command that was understood always
 * has one of them, and losing against a newer write is an answer, not an error.
 */

/**
 * - `applied`: the set is now the entry of its key.
 * - `removed`: the key is now absent, whether or not it was present before.
 * - `ignoredStale`: the key has seen this version or a newer one; nothing changed.
 * - `conflict`: a condition of the command did not hold; nothing changed.
 */
export type ApplyOutcome = 'applied' | 'removed' | 'ignoredStale' | 'conflict';

/** Whether a command with this outcome leaves a record behind: it does for `applied` and `removed`. */
export function changesState(outcome: ApplyOutcome): boolean {
  return outcome === 'applied' || outcome === 'removed';
}
