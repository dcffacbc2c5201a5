/**
 * Proves that a device may become full at any call to it: see `full-device-run.ts`. Here at every fifth call; the
 * long run takes them all.
 */

import { expect, test } from 'vitest';

import { sweepFullDevice } from './full-device-run.ts';

/** Calls of creating a store, which has no room put aside yet. */
const CREATING = 6;

test.for([1, 3])(
  'a device may become full at every tenth call, from call %i on',
  { timeout: 60_000 },
  async (from) => {
    const { calls, refused, lastRefusedOpening } = await sweepFullDevice(from, 10);
    expect(calls).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(80);
    expect(lastRefusedOpening).toBeLessThanOrEqual(CREATING);
  },
);
