/**
 * Opens the same files twice, with the checkpoint that they hold and without, and compares everything that can be seen.
 */
import { SeededRandom, type MemoryFileSystem } from '../../src/testing/index.ts';
import type { RecoveryReport } from '../../src/index.ts';
import { DIRECTORY, withTrialStore } from '../trial-store.ts';
import type { PlaceBounds, WriteHistory } from '../write-history.ts';

/** What both ways have to agree on. */
interface Seen {
  readonly lastSequence: number;
  readonly highestVersion: number;
  readonly indexedKeys: number;
  readonly logBytes: number;
  readonly segments: unknown;
}

/** Checks both ways against the history. Returns the report of the one that had the checkpoint. */
export function openBothWays(
  machine: MemoryFileSystem,
  history: WriteHistory,
  bounds?: PlaceBounds,
): RecoveryReport {
  const random = new SeededRandom('copy');
  const withCheckpoint = machine.crashed({ random, keep: 'all' });
  const without = machine.crashed({ random, keep: 'all' });
  for (const name of without.list(DIRECTORY)) {
    if (name.startsWith('checkpoint-')) without.remove(`${DIRECTORY}/${name}`);
  }
  const one = look(withCheckpoint, history, bounds);
  const other = look(without, history, bounds);
  const [seen, expected] = [JSON.stringify(one.seen), JSON.stringify(other.seen)];
  if (seen !== expected)
    throw new Error(`seed '${history.seed}': a checkpoint shows ${seen}, not ${expected}`);
  if (other.report.checkpointId !== 0) throw new Error('a checkpoint was used that is not there');
  return one.report;
}

function look(
  fileSystem: MemoryFileSystem,
  history: WriteHistory,
  bounds: PlaceBounds | undefined,
): { seen: Seen; report: RecoveryReport } {
  return withTrialStore({ fileSystem }, (store) => {
    history.check(store, bounds);
    const { lastSequence, highestVersion, indexedKeys, logBytes, segments, recovery } = store.stats();
    const seen = { lastSequence, highestVersion, indexedKeys, logBytes, segments };
    return { seen, report: recovery };
  });
}
