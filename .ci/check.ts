/**
 * Runs every gate except the tests of the sources, one after the other, and goes on after a failure, so that one run
 * tells everything. Ends with a line `N passed, N failed`. Names of gates as arguments run just those.
 */

import { spawnSync } from 'node:child_process';
import { root } from './run-command.ts';

/** What a gate is called, and the script of package.json that is the gate. */
const gates: readonly (readonly [name: string, script: string])[] = [
  ['format', 'format:check'],
  ['lint', 'lint'],
  ['types', 'types'],
  ['boundaries', 'boundaries'],
  ['build', 'build'],
  ['packages', 'check:packages'],
  ['smoke', 'smoke'],
  ['built', 'test:built'],
  ['start', 'start'],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !gates.some(([gate]) => gate === name));
if (unknown.length > 0)
  throw new RangeError(`expected ${gates.map(([name]) => name).join(', ')}, got ${unknown.join(', ')}`);

const verdicts: { name: string; passed: boolean; seconds: number }[] = [];
for (const [name, script] of gates.filter(([gate]) => wanted.length === 0 || wanted.includes(gate))) {
  console.log(`\n=== ${name}`);
  const start = performance.now();
  const { status, error } = spawnSync('pnpm', ['run', script], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) console.error(`pnpm does not start: ${error.message}`);
  verdicts.push({ name, passed: status === 0, seconds: (performance.now() - start) / 1000 });
}

console.log('\n=== gates');
for (const { name, passed, seconds } of verdicts) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(10)}  ${seconds.toFixed(1)} s`);
}
const failed = verdicts.filter(({ passed }) => !passed).length;
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
