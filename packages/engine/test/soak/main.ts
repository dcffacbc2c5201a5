/**
 * The soak as a program: `node main.ts [minutes] [--seed S]` runs for ten minutes unless told otherwise, and prints a table.
 * It fails where anything that was acknowledged is lost, anything is found damaged, or memory or descriptors grow.
 */
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';

import { IS_BUILT, loadEngine } from '../threads/load-engine.ts';

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  allowPositionals: true,
  options: { seed: { type: 'string', default: `${process.pid}-${Date.now()}` } },
});

await loadEngine(IS_BUILT);
const { requireFlat, runSoak } = await import('./soak.ts');
const minutes = Number(positionals[0] ?? 10);
stdout.write(`a soak of ${minutes} minutes, seed ${values.seed}\n`);
const report = await runSoak(minutes, values.seed, (line) => void stdout.write(`${line}\n`));
const { halves, ...figures } = report;
const row = (name: string, value: string): void => void stdout.write(`| ${name.padEnd(16)} | ${value} |\n`);
for (const [name, value] of Object.entries(figures)) row(name, String(Math.round(value)));
for (const [name, [before, after]] of Object.entries(halves))
  row(name, `${before} in the first half, ${after} in the second`);
requireFlat(report);
stdout.write('ok: nothing is lost, nothing is damaged, nothing grows\n');
