/**
 * Proves that a thread which dies at any instruction of a write or a commit leaves a store that the next thread makes
 * good: all of the write is there or nothing of it, counts are right, writing goes on, and what is committed then is
 * what a reopened directory holds. Readers who look in between see one of the two as well, and nothing that goes away.
 * The same where the thread that repairs dies too. The long run takes every instruction.
 */
import { expect, test } from 'vitest';

import { SeededRandom } from '../../src/testing/index.ts';
import { leavingScripts, repairScripts } from './repair-scripts.ts';
import { RepairTrial } from './repair-trial.ts';

const STRIDE = 4;
const scripts = [...repairScripts, ...leavingScripts];

test.for(scripts.map((script, index) => ({ ...script, index })))(
  'a thread dies while it $name',
  ({ index, ...script }) => {
    const trial = new RepairTrial(script);
    const stride = script.stride ?? (script.isNarrow === true ? 1 : STRIDE);
    expect(trial.dieEverywhere(1 + (index % stride), stride)).toBeGreaterThan(5);
  },
);

test.for(scripts)('a thread dies while it $name, and the next one while it repairs', (script) => {
  const trial = new RepairTrial(script);
  const random = new SeededRandom(`repair, ${script.name}`);
  for (let round = 0; round < 20;) if (trial.die(1 + random.below(100), 1 + random.below(60))) round += 1;
});
