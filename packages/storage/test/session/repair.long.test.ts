/**
 * A thread that dies at every instruction of every script, and another one at many instructions of each repair.
 */
import { expect, test } from 'vitest';

import { repairScripts } from './repair-scripts.ts';
import { RepairTrial } from './repair-trial.ts';

test.for(repairScripts)('a thread dies while it $name', { timeout: 3_600_000 }, (script) => {
  const trial = new RepairTrial(script);
  const deaths = trial.dieEverywhere(1, 1);
  expect(deaths).toBeGreaterThan(20);
  for (let deathAt = 1; deathAt <= deaths; deathAt += 1) {
    for (let repairDeath = 1 + (deathAt % 7); repairDeath < 200; repairDeath += 7)
      trial.die(deathAt, repairDeath);
  }
});
