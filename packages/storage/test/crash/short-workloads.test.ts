/**
 * Proves for every workload of one and of two operations that a crash before any call is survived, whatever of the
 * unsynced operations reached the disk. The long run goes on to three.
 */
import { expect, test } from 'vitest';

import { runShortWorkloads } from './short-workloads.ts';

test.for([1, 2])('every crash in every workload of %i operations is survived', (length) => {
  expect(runShortWorkloads(length)).toBeGreaterThan(11 ** length * 50);
});
