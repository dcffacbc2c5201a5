/**
 * Proves that no failure of the disk makes the engine say something that is not so: see `fault-sweep.ts`.
 */

import { expect, test } from 'vitest';

import { sweepFaults } from '../fault-sweep.ts';

test.for([
  ['ENOSPC', 'none', '1'],
  ['ENOSPC', 'prefix', '2'],
  ['EIO', 'none', '2'],
  ['EIO', 'prefix', '1'],
] as const)('with %s (%s) at every call to the disk', async ([code, effect, seed]) => {
  expect(await sweepFaults(seed, code, effect)).toBeGreaterThan(20);
});
