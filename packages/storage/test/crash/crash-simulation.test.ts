/**
 * Proves that a crash at any moment leaves a prefix of the commit order that holds every acknowledged write, batches
 * whole, and a store that goes on. A quarter of a million crashes of a simulated machine, here and with other seeds in
 * the file beside this one (a tenth of that for what is built), chosen by seeds: after operations,
 * before random calls of the file system, during recovery, and again right after it; by power failure, which loses
 * and tears what was not synced, and by a kill, which loses nothing that was written.
 *
 * `HTKV_CRASHES` asks for another number of crashes in each of the two; the long run makes half a million.
 */
import { expect, test } from 'vitest';

import { CRASHES_PER_RUN, simulateCrashes } from './crash-simulation.ts';

const crashes = Number(process.env['HTKV_CRASHES'] ?? CRASHES_PER_RUN / 2);

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
