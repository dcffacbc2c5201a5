/**
 * Proves that threads may die at any moment and at any instruction: short rounds of the stress test, in a process of
 * their own, so that one that stands still is seen as such. `pnpm stress` runs rounds for an hour.
 * `HTKV_STRESS_ROUNDS` says how many here, `HTKV_STRESS_SEED` which.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROUNDS = Number(process.env['HTKV_STRESS_ROUNDS'] ?? 5);
const SECONDS_PER_ROUND = 0.3;
const seed = process.env['HTKV_STRESS_SEED'] ?? 'five short ones';
/** For a round that stands still; one takes a second or two. */
const PATIENCE_MS = 300_000 + ROUNDS * 10_000;

test(`${ROUNDS} rounds of threads that die, seed ${seed}`, { timeout: PATIENCE_MS + 10_000 }, async () => {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const parameters = ['--rounds', ROUNDS, '--seconds', SECONDS_PER_ROUND, '--seed', seed].map(String);
  const child = spawn(process.execPath, [program, ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  }
  const [code, signal] = (await once(child, 'close')) as unknown[];
  expect([code, signal], printed).toEqual([0, null]);
  expect(printed.match(/^round \d+ ok/gm), printed).toHaveLength(ROUNDS);
});
