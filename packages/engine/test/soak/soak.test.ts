/**
 * Proves that the soak itself works: a very short one, with a few kills, comes to its end and finds nothing wrong. `pnpm soak`
 * runs it for ten minutes, and looks at memory and descriptors too, which this one is too short for.
 */
import { expect, test } from 'vitest';

import { runSoak } from './soak.ts';

const MINUTES = 0.1;

test('a soak of a few seconds', { timeout: 120_000 }, async () => {
  const lines: string[] = [];
  const report = await runSoak(MINUTES, 'a few seconds', (line) => lines.push(line));
  expect(report.kills).toBeGreaterThan(0);
  expect(lines).toHaveLength(report.kills + 1);
  expect(report.keys).toBeGreaterThan(0);
  expect(report.bytesVerified).toBeGreaterThan(0);
});
