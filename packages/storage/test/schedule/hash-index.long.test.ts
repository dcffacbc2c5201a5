/** Proves what `hash-index.test.ts` proves, with all threads everywhere. */
import { expect, test } from 'vitest';

import { explore } from './explore.ts';
import { hashIndexScenarios, type ScenarioName } from './hash-index-scenarios.ts';

test.for<[name: ScenarioName, preemptions: number, atLeast: number]>([
  ['growthBegins', 3, 200_000],
  ['growthEnds', 3, 100_000],
  ['growthAgainstReplace', 3, 50_000],
  ['takeOverAsGrowthBegins', 1, 100_000],
  ['takeOverAsGrowthEnds', 1, 20_000],
])('%s with up to %i preemptions', ([name, preemptions, atLeast]) => {
  expect(explore(hashIndexScenarios[name]({ preemptions })).schedules).toBeGreaterThan(atLeast);
});
