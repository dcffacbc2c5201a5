/**
 * Measures how long `htkvctl get` takes on a small store, from the start of the process to its end, beside a Node that
 * does nothing. Prints milliseconds; asserts nothing, because machines differ.
 *
 *     node apps/htkvctl/test/measure-cold-start.ts            from the sources
 *     MODE=built node apps/htkvctl/test/measure-cold-start.ts  from dist, after a build
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stdout, version } from 'node:process';

import { nodeArguments, plainEnvironment } from './binary.ts';

const WARM_UP_RUNS = 3;
const RUNS = 25;
const KEYS = 20;

function run(words: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, {
    env: plainEnvironment(),
    encoding: 'utf8',
  });
  const elapsedMs = performance.now() - start;
  if (status !== 0) throw new Error(stderr);
  return elapsedMs;
}

function measure(name: string, words: readonly string[]): void {
  for (let index = 0; index < WARM_UP_RUNS; index += 1) run(words);
  const elapsedMs = Array.from({ length: RUNS }, () => run(words)).sort((left, right) => left - right);
  const at = (share: number): string => elapsedMs[Math.floor(share * (RUNS - 1))]!.toFixed(0);
  stdout.write(`${name}: median ${at(0.5)} ms, least ${at(0)} ms, 90% within ${at(0.9)} ms\n`);
}

const dataDir = mkdtempSync(join(tmpdir(), 'htkv-cold-start-'));
try {
  for (let index = 0; index < KEYS; index += 1)
    run(nodeArguments(['put', '-d', dataDir, `key:${index}`, 'value']));
  stdout.write(
    `Node ${version}, ${process.env['MODE'] === 'built' ? 'dist' : 'sources'}, ${RUNS} runs each\n`,
  );
  measure('node, nothing to do', ['--eval', '0']);
  measure('htkvctl get', nodeArguments(['get', '-d', dataDir, 'key:7']));
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
