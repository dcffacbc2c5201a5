/**
 * Proves that readers and writers of a hash index see what they must, however they are interleaved with up to three
 * preemptions: a reader finds a key that was there when it began, sees no record that nobody wrote and none older
 * than one that was seen before; of two writers who want the same, one wins. That holds as well when a writer dies at
 * whatever access and the next one repairs the index. The schedules are enumerated, and they find the faults that are
 * planted in the index.
 *
 * Schedules of each scenario, by the number of preemptions; the long run plays the last column of all:
 *
 * ```
 *                          0        1          2            3
 * insertAndReplace         6      117      1,622       15,614
 * growthBegins             6      347     13,676      421,231
 * growthEnds               6      317     10,632      263,425
 * insertAgainstInsert      2       25        280        1,667
 * replaceAgainstReplace    6       77        694        3,994
 * growthAgainstReplace     6      182      4,550       85,578
 * takeOverAsGrowthBegins   1,106   132,923
 * takeOverAsGrowthEnds       648    56,740
 * ```
 */
import { expect, test } from 'vitest';

import { alteredSource, type Change } from './altered-source.ts';
import { explore, replay } from './explore.ts';
import { failureOf } from './failure-of.ts';
import { hashIndexScenarios, type ScenarioName, type SteppableIndex } from './hash-index-scenarios.ts';
import { loadSteppableText } from './load-steppable.ts';

test.for<[name: ScenarioName, threads: number, preemptions: number, atLeast: number]>([
  ['insertAndReplace', 3, 3, 10_000],
  ['insertAgainstInsert', 2, 3, 1000],
  ['replaceAgainstReplace', 3, 3, 1000],
  ['growthBegins', 3, 2, 10_000],
  ['growthBegins', 2, 3, 1000],
  ['growthEnds', 3, 2, 5000],
  ['growthEnds', 2, 3, 1000],
  ['growthAgainstReplace', 3, 2, 1000],
  ['growthAgainstReplace', 2, 3, 1000],
  ['takeOverAsGrowthBegins', 3, 0, 1000],
  ['takeOverAsGrowthBegins', 2, 1, 10_000],
  ['takeOverAsGrowthEnds', 3, 0, 500],
  ['takeOverAsGrowthEnds', 2, 1, 2000],
])('%s of %i threads with up to %i preemptions', ([name, threads, preemptions, atLeast]) => {
  expect(explore(hashIndexScenarios[name]({ threads, preemptions })).schedules).toBeGreaterThan(atLeast);
});

const url = new URL('../../src/index/hash-index.ts', import.meta.url);

/** The index with a fault in its source. */
async function faulty(...change: Change): Promise<SteppableIndex> {
  const [loaded] = await loadSteppableText([alteredSource(url, [change])]);
  return loaded!['HashIndex'] as SteppableIndex;
}

test.for<[fault: string, name: ScenarioName, right: string, wrong: string]>([
  [
    'an insertion that looks and then stores',
    'insertAgainstInsert',
    'const before = Atomics.compareExchange(cells, word + 1, PENDING, address | 0);',
    'const before = Atomics.load(cells, word + 1); if (before === PENDING) Atomics.store(cells, word + 1, address);',
  ],
  [
    'a hash that is stored over that of another key',
    'insertAgainstInsert',
    '  found = Atomics.compareExchange(cells, word, EMPTY, hash);',
    '  Atomics.store(cells, word, hash);',
  ],
  [
    'a moving entry whose newer record is left behind',
    'growthAgainstReplace',
    'const before = Atomics.compareExchange(cells, word + 1, address, MOVED);',
    'const before = address; Atomics.store(cells, word + 1, MOVED);',
  ],
  [
    'the current table looked up before the next one',
    'growthEnds',
    'const next = Atomics.load(this.#cells, NEXT);\n    const current = Atomics.load(this.#cells, CURRENT);',
    'const current = Atomics.load(this.#cells, CURRENT);\n    const next = Atomics.load(this.#cells, NEXT);',
  ],
  [
    'a table that became the current one and stays the next one for whoever takes over',
    'takeOverAsGrowthEnds',
    'if (cells[CURRENT] === cells[NEXT]) this.#leaveOldTable();',
    '',
  ],
  [
    'an entry that a dead thread copied and that is left in both tables',
    'takeOverAsGrowthBegins',
    'if (cells[NEXT] !== 0) this.#migrateSome();',
    '',
  ],
  [
    'an entry that is copied again by whoever takes over',
    'takeOverAsGrowthBegins',
    'if (before === PENDING || before === address) return word;',
    'if (before === PENDING) return word;',
  ],
])('%s is found out', async ([, name, right, wrong]) => {
  const scenario = hashIndexScenarios[name]({ preemptions: 2, Index: await faulty(right, wrong) });
  const failure = failureOf(() => explore(scenario));
  expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
});
