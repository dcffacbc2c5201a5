/**
 * Proves that a crash at any moment leaves a prefix of the commit order that holds every acknowledged write, batches
 * whole, and a store that goes on. At least 10,000 crashes of a simulated machine, chosen by seeds: after operations,
 * before random calls of the file system, during recovery, and again right after it; by power failure, which loses
 * and tears what was not synced, and by a kill, which loses nothing that was written.
 *
 * `HTKV_CRASHES` asks for another number of crashes.
 */
import { expect, test } from 'vitest';

import { simulateSeed, type SimulationTally } from './crash-simulation.ts';

const crashesWanted = Number(process.env['HTKV_CRASHES'] ?? 10_000);

test(`${crashesWanted} crashes lose nothing that was acknowledged`, { timeout: 3_600_000 }, () => {
  const tally: SimulationTally = {
    crashes: 0,
    kills: 0,
    deathsInRecovery: 0,
    tornTails: 0,
    rewrittenGroups: 0,
    segmentsMost: 0,
  };
  for (let seed = 0; tally.crashes < crashesWanted; seed += 1) simulateSeed(`crash ${seed}`, tally);
  // The simulation met what it is for.
  expect(tally.kills).toBeGreaterThan(crashesWanted / 50);
  expect(tally.deathsInRecovery).toBeGreaterThan(crashesWanted / 200);
  expect(tally.tornTails).toBeGreaterThan(crashesWanted / 50);
  expect(tally.rewrittenGroups).toBeGreaterThan(crashesWanted / 10);
  expect(tally.segmentsMost).toBeGreaterThan(5);
});
