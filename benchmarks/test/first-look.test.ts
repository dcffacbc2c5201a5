/**
 * Proves that the first look runs from start to end on a few keys and answers every question for every contestant. It
 * says nothing about speed: whoever measures reads the numbers.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { QUESTIONS } from '../questions.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

test('it prints the machine, a rate of each contestant for every question, the limit and the time to open', () => {
  const printed = execFileSync(process.execPath, ['--expose-gc', program, '5000', '1'], { encoding: 'utf8' });
  expect(printed).toContain(`Node ${process.versions.node}`);
  for (const { name } of QUESTIONS) {
    const line = printed.split('\n').find((each) => each.startsWith(name));
    expect(line, name).toMatch(/ [\d,]+ +[\d,]+ +[\d.]+x$/);
  }
  expect(printed).toMatch(/^4 KiB written and synced, one after another: [\d.]+ ms/m);
  expect(printed).toMatch(
    /^htkv opens 5000 entries of 100 bytes in \d+ ms after a close, \d+ ms after a crash$/m,
  );
});
