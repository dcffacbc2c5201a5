/**
 * Proves that readers find what they must while the region that they began in is cleared and becomes another table,
 * however they are interleaved with the writer who does it, and that a thread may die anywhere on the way. The schedules
 * are enumerated, and they find the faults that are planted in the index.
 */
import { expect, test } from 'vitest';

import { explore, replay } from './explore.ts';
import { failureOf } from './failure-of.ts';
import {
  readersBesideReuse,
  takeOverOfReuse,
  tinyIndex,
  type Fault,
  type ReuseExtent,
} from './table-reuse-scenarios.ts';

const Index = await tinyIndex();

test.for([
  [2, 2, 4000],
  [3, 1, 800],
] as const)('%i threads with up to %i preemptions', ([threads, preemptions, atLeast]) => {
  const explored = explore(readersBesideReuse(Index, { threads, preemptions }));
  expect(explored.schedules).toBeGreaterThan(atLeast);
});

test('three threads one of which may die', () => {
  const explored = explore(takeOverOfReuse(Index, { threads: 3, preemptions: 0 }));
  expect(explored.schedules).toBeGreaterThan(3000);
});

const unasked: Fault = {
  file: 'hash-index',
  changes: [['      if (this.#isStill(taken)) return address;', '      return address;']],
};
const countedLate: Fault = {
  file: 'table-space',
  changes: [
    ['    Atomics.add(cells, taken, 1);', ''],
    [
      'Atomics.store(cells, next, table);',
      'Atomics.store(cells, next, table); Atomics.add(cells, taken, 1);',
    ],
  ],
};
const preparedTwice: Fault = {
  file: 'table-space',
  changes: [['if (cells[next] !== 0) cells[prepared] = 0;', '']],
};

test.for<[name: string, fault: Fault, play: typeof readersBesideReuse, extent: ReuseExtent]>([
  [
    'a reader who does not ask whether a region was taken',
    unasked,
    readersBesideReuse,
    { threads: 2, preemptions: 2 },
  ],
  [
    'a region that is counted as taken when it is clear',
    countedLate,
    readersBesideReuse,
    { threads: 2, preemptions: 2 },
  ],
  [
    'a table that is taken over as next and prepared',
    preparedTwice,
    takeOverOfReuse,
    { threads: 3, preemptions: 0 },
  ],
])('%s is found out', async ([, fault, play, extent]) => {
  const scenario = play(await tinyIndex(fault), extent);
  const failure = failureOf(() => explore(scenario));
  expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
});
