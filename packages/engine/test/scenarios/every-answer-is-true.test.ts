/**
 * Proves that no failure of the disk makes the engine say something that is not so: see `fault-sweep.ts`.
 */

import { expect, test } from 'vitest';

import { sweepFaults } from '../fault-sweep.ts';

const sweeps = [
  { code: 'ENOSPC', effect: 'none', hasThread: false, seed: '1' },
  { code: 'EIO', effect: 'prefix', hasThread: false, seed: '2' },
  { code: 'ENOSPC', effect: 'prefix', hasThread: true, seed: '3' },
  { code: 'EIO', effect: 'none', hasThread: true, seed: '4' },
] as const;

test.for(sweeps)('with a fault at every call to the disk: %j', async (sweep) => {
  expect(await sweepFaults(sweep)).toBeGreaterThan(20);
});
