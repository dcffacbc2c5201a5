/** Proves what `table-reuse.test.ts` proves, with more threads and preemptions. */
import { expect, test } from 'vitest';

import { explore } from './explore.ts';
import { readersBesideReuse, takeOverOfReuse, tinyIndex } from './table-reuse-scenarios.ts';

const Index = await tinyIndex();

test('three threads with up to two preemptions', () => {
  const explored = explore(readersBesideReuse(Index, { threads: 3, preemptions: 2 }));
  expect(explored.schedules).toBeGreaterThan(40_000);
});

test('two threads one of which may die, with a preemption', () => {
  const explored = explore(takeOverOfReuse(Index, { threads: 2, preemptions: 1 }));
  expect(explored.schedules).toBeGreaterThan(80_000);
});
