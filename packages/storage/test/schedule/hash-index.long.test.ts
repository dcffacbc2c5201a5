/** Proves what `hash-index.test.ts` proves, with all threads and up to three preemptions everywhere. */
import { expect, test } from 'vitest';

import { explore } from './explore.ts';
import { hashIndexScenarios, type ScenarioName } from './hash-index-scenarios.ts';

test.for<[name: ScenarioName, atLeast: number]>([
  ['growthBegins', 200_000],
  ['growthEnds', 100_000],
  ['growthAgainstReplace', 50_000],
])('%s with up to 3 preemptions', ([name, atLeast]) => {
  expect(explore(hashIndexScenarios[name]({ preemptions: 3 })).schedules).toBeGreaterThan(atLeast);
});
