/** Proves that a reader goes on behind a segment that was emptied while it was in the middle of a group of it. */
import { expect, test } from 'vitest';

import { MemoryFileSystem } from '../../src/testing/index.ts';
import { set } from '../session/repair-scripts.ts';
import { openTrialStore, TRIAL_COMPACTION } from '../trial-store.ts';

test('a segment whose last writes were read, and whose copies were not, may be emptied', () => {
  const store = openTrialStore({
    fileSystem: new MemoryFileSystem(),
    maxSegmentSize: 2 ** 20,
    memoryBudget: 2 ** 21,
    compaction: { ...TRIAL_COMPACTION, garbageRatio: 1 },
  });
  for (let index = 0; index < 45; index += 1) store.apply([set(`key ${index}`, index + 1, 20_000)]);
  store.apply([set('key 0', 100, 20_000), set('key 1', 101, 20_000), set('key 2', 102, 20_000)]);
  store.commit(true);
  const reader = store.feed.open({ since: undefined, keys: undefined, marksBatches: false });
  const compact = (): void => {
    const pass = store.compactor.begin(true);
    while (pass.step());
  };
  const pass = store.compactor.begin(true);
  pass.step();
  expect(store.stats().segments).toMatchObject([{ state: 'sealed' }]);
  // One group: a write, and behind it copies, more than is read at a time.
  store.apply([set('first', 200, 10)]);
  while (pass.step());
  const found = reader.read().map(({ version }) => version);
  expect([found, reader.isAtEnd, store.stats().segments.length]).toEqual([[200], false, 1]);
  expect(store.stats().segments[0]!.bytes).toBeGreaterThan(600_000);
  // A batch that has no room behind them, and replaces some of them.
  const batch = Array.from({ length: 8 }, (_, index) => set(`key ${index + 9}`, index + 300, 20_000));
  store.apply(batch);
  store.commit(true);
  compact();
  expect(store.stats().segments.map(({ segmentId }) => segmentId)).not.toContain(2);
  while (!reader.isAtEnd) found.push(...reader.read().map(({ version }) => version));
  expect(found).toEqual([200, ...batch.map(({ version }) => version)]);
});
