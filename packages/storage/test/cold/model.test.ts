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
  const cold: number[] = [];
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
      trial.lookBack(name());
    } else if (choice < 970) trial.commit();
    else if (choice < 974) trial.commitWithoutRoom();
    else if (choice < 984) trial.slice();
    else if (choice < 986) {
      // With writes between its slices and behind it.
      while (!trial.slice()) trial.apply(random.chance(0.8) ? trial.set(name()) : trial.remove(name()));
      for (let more = random.below(30); more > 0; more -= 1) {
        trial.apply(random.chance(0.8) ? trial.set(name()) : trial.remove(name()));
        trial.check(name());
      }
      if (random.chance(0.3)) trial.compact();
      trial.reopen(random.chance(0.5));
      trial.checkAll();
    } else if (choice < 992) trial.compact();
    else if (choice < 996) trial.reopen(random.chance(0.5));
    else trial.checkAll();
    if (step % 100 === 0) cold.push(trial.store.stats().coldIndex?.coldKeys ?? 0);
  }
  trial.checkAll();
  expect(Math.max(...cold)).toBeGreaterThan(KEYS / 3);
  expect(trial.published).toBeGreaterThan(1);
  expect(trial.used).toBeGreaterThan(0);
});
