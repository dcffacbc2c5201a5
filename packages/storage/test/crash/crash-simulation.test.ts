/**
 * Proves that a crash at any moment leaves a prefix of the commit order that holds every acknowledged write, batches
 * whole, and a store that goes on. At least 10,000 crashes of a simulated machine, chosen by seeds: after operations,
 * before random calls of the file system, during recovery, and again right after it; by power failure, which loses
 * and tears what was not synced, and by a kill, which loses nothing that was written.
 *
 * `HTKV_CRASHES` asks for another number of crashes; the long run makes half a million.
 */
import { expect, test } from 'vitest';

import { simulateCrashes } from './crash-simulation.ts';

const crashes = Number(process.env['HTKV_CRASHES'] ?? 10_000);

test(`${crashes} crashes lose nothing that was acknowledged`, { timeout: 3_600_000 }, () => {
  const tally = simulateCrashes(crashes, 'crash');
  // The simulation met what it is for.
  expect(tally.crashes).toBeGreaterThanOrEqual(crashes);
  expect(tally.kills).toBeGreaterThan(crashes / 50);
  expect(tally.deathsInRecovery).toBeGreaterThan(crashes / 200);
  expect(tally.tornTails).toBeGreaterThan(crashes / 50);
  expect(tally.rewrittenGroups).toBeGreaterThan(crashes / 10);
  expect(tally.segmentsMost).toBeGreaterThan(5);
});
