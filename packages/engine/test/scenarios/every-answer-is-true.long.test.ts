/**
 * As `every-answer-is-true.test.ts`, with many more workloads. `HTKV_FAULT_SEEDS` says how many.
 */

import { expect, test } from 'vitest';

import { sweepFaults } from '../fault-sweep.ts';

const seeds = Number(process.env['HTKV_FAULT_SEEDS'] ?? 60);

test.for([
  ['ENOSPC', 'none'],
  ['ENOSPC', 'prefix'],
  ['EIO', 'none'],
  ['EIO', 'prefix'],
] as const)('with %s (%s) at every call to the disk', async ([code, effect]) => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    expect(await sweepFaults(`long ${seed}`, code, effect)).toBeGreaterThan(20);
  }
});
