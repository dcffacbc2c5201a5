/**
 * Proves that the measurement of hashes and envelopes runs from start to end and gives a figure for everything it
 * names. It says nothing about speed: whoever measures reads the numbers.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../crypto.ts', import.meta.url));

test('it prints the machine, and a figure for each encryptor, hasher and building block', () => {
  const printed = execFileSync(process.execPath, [program, '1'], { encoding: 'utf8' });
  expect(printed).toContain(`Node ${process.versions.node}`);
  expect(printed.match(/^\S.* \d+\.\d us$/gm)).toHaveLength(18);
  expect(printed.match(/^\S.* \d+\.\d ms$/gm)).toHaveLength(7);
});
