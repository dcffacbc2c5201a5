/**
 * The other half of the crash simulation, with other seeds, so that two processors share it; see the file
 * `crash-simulation.test.ts`.
 */
import { expect, test } from 'vitest';

import { CRASHES_PER_RUN, simulateCrashes } from './crash-simulation.ts';

const crashes = Number(process.env['HTKV_CRASHES'] ?? CRASHES_PER_RUN / 2);

test(`${crashes} other crashes lose nothing that was acknowledged`, { timeout: 3_600_000 }, () => {
  expect(simulateCrashes(crashes, 'other crash').crashes).toBeGreaterThanOrEqual(crashes);
});
