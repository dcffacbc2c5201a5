/**
 * As `every-answer-is-true.test.ts`, with many more workloads. `HTKV_FAULT_SEEDS` says how many.
 */

import { expect, test } from 'vitest';

import { sweepFaults } from '../fault-sweep.ts';

const seeds = Number(process.env['HTKV_FAULT_SEEDS'] ?? 60);

const kinds = ['ENOSPC', 'EIO'].flatMap((code) =>
  (['none', 'prefix'] as const).flatMap((effect) =>
    [false, true].map((hasThread) => ({ code, effect, hasThread })),
  ),
);

test.for(kinds)('with a fault at every call to the disk: %j', async (kind) => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    expect(await sweepFaults({ ...kind, seed: `long ${seed}` })).toBeGreaterThan(20);
  }
});
