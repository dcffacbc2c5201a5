/**
 * An earlier store rebuilt its index from its files in the order of their numbers and let the last file win, whatever
 * the records said. After a reopen, deleted keys were back and old values had replaced newer ones. Here the place of a
 * record in the log decides, segment after segment as the manifest has them, after a clean end and after a crash.
 */
import { expect, test } from 'vitest';

import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';
import { KEYS, WriteHistory } from '../write-history.ts';

test.for(['close', 'crash', 'kill'] as const)('the newest write of each key wins after a %s', (end) => {
  const random = new SeededRandom(`newest wins ${end}`);
  const history = new WriteHistory(random.seed);
  let memory = new MemoryFileSystem();
  for (let life = 0; life < 12; life += 1) {
    const store = openTrialStore({ fileSystem: memory });
    history.check(store);
    history.restartAt(store.progress.lastSequence);
    for (let batch = 0; batch < KEYS.length; batch += 1) {
      const writes = history.batch(random, 2, () => random.pick([5, 900]));
      history.note(writes, store.apply(writes));
    }
    store.commit(true);
    if (end === 'close') store.close();
    history.acknowledged = history.sequence;
    if (end === 'crash') memory = memory.crash({ random });
    if (end === 'kill') memory = memory.killed();
  }
  const store = openTrialStore({ fileSystem: memory });
  history.check(store, { least: history.sequence });
  expect(store.stats().segments.length).toBeGreaterThan(5);
});
