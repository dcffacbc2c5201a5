/**
 * Every workload of three operations, crashed before every call.
 */
import { expect, test } from 'vitest';

import { runShortWorkloads } from './short-workloads.ts';

test('every crash in every workload of 3 operations is survived', { timeout: 3_600_000 }, () => {
  expect(runShortWorkloads(3)).toBeGreaterThan(11 ** 3 * 50);
});
