/**
 * Proves that a device may become full at any call to it: see `full-device-run.ts`. At every call.
 */

import { expect, test } from 'vitest';

import { sweepFullDevice } from './full-device-run.ts';

/** Calls of creating a store, which has no room put aside yet. */
const CREATING = 6;

test('a device may become full at any call', async () => {
  const { calls, refused, lastRefusedOpening } = await sweepFullDevice(1, 1);
  expect(calls).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(800);
  expect(lastRefusedOpening).toBeLessThanOrEqual(CREATING);
});
