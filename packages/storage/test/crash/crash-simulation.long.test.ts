/**
 * The crash simulation with other seeds and many more of them: half a million crashes, or as many as `HTKV_CRASHES`
 * says.
 */
import { expect, test } from 'vitest';

import { simulateCrashes } from './crash-simulation.ts';

const crashes = Number(process.env['HTKV_CRASHES'] ?? 500_000);

test(`${crashes} crashes lose nothing that was acknowledged`, { timeout: 24 * 3_600_000 }, () => {
  expect(simulateCrashes(crashes, 'long crash').crashes).toBeGreaterThanOrEqual(crashes);
});
