/**
 * Proves that a store whose keys leave the index and come back all the time holds what a map holds, through random writes,
 * batches, deadlines, compaction, clean ends and crashes; and that keys do leave.
 */
import { expect, test } from 'vitest';

import { ColdTrial } from './cold-trial.ts';

const KEYS = 700;

test.for(['first', 'second', 'third', 'fourth'])('what a map holds, seed %s', (seed) => {
  const trial = new ColdTrial(`cold model ${seed}`);
  const { random } = trial;
  const name = (): string => `key ${random.below(KEYS)}`;
  let mostCold = 0;
  for (let step = 0; step < 3000; step += 1) {
    const choice = random.below(1000);
    if (choice < 500) trial.apply(trial.set(name()));
    else if (choice < 560) trial.apply(trial.remove(name()));
    else if (choice < 580 && seed !== 'first') trial.apply(trial.set(name(), 1000 + random.below(1000)));
    else if (choice < 620) {
      const names = new Set(Array.from({ length: 1 + random.below(20) }, name));
      trial.apply(...[...names].map((each) => (random.chance(0.8) ? trial.set(each) : trial.remove(each))));
    } else if (choice < 960) {
      trial.check(name());
      trial.check(`absent ${step}`);
    } else if (choice < 985) trial.store.commit(true);
    else if (choice < 992) trial.compact();
    else if (choice < 996) trial.reopen(random.chance(0.5));
    else trial.checkAll();
    mostCold = Math.max(mostCold, trial.store.stats().coldIndex?.coldKeys ?? 0);
  }
  trial.checkAll();
  expect(mostCold).toBeGreaterThan(KEYS / 3);
});
