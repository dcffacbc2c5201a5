/**
 * The benchmark: this store beside lmdb, classic-level and a `Map`, in one process, at the same durability. The
 * contestants take turns, round after round, and the table gives medians and ratios beside their targets. Rates of
 * different machines, or of one machine at different times, do not compare; the ratios of one run do.
 *
 * `pnpm bench [KEYS] [ROUNDS] [--only QUESTION]`, 300,000 keys and 5 rounds unless given. `docs/benchmarks.md` says
 * what is asked and how.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

import { readArguments, type Arguments } from './command-line.ts';
import { describeMachine } from './machine.ts';
import { QUESTIONS } from './questions/all.ts';
import { Stage } from './stage.ts';
import { header, line } from './table.ts';
import { KEY_BYTES, VALUE_BYTES } from './workload.ts';

try {
  const names = QUESTIONS.map(({ name }) => name);
  await run(readArguments(process.argv.slice(2), names));
} catch (error) {
  const isUsage = error instanceof RangeError || error instanceof TypeError;
  console.error(isUsage ? error.message : error);
  process.exitCode = 1;
}

async function run({ keys, rounds, only }: Arguments): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-bench-'));
  const stage = new Stage(directory, keys, rounds);
  try {
    console.log(describeMachine(directory));
    console.log(
      `${keys} keys of ${KEY_BYTES} bytes, values of ${VALUE_BYTES}; medians of ${rounds} rounds, in turn`,
    );
    console.log(`load before: ${load()}\n\n${header()}`);
    for (const question of QUESTIONS) {
      if (!only.includes(question.name)) continue;
      for (const row of await question.ask(stage)) console.log(line(row));
    }
    console.log(`\nload after: ${load()}`);
    await stage.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Processes that wanted a processor, on average over the last minute: what else the machine had to do. */
function load(): string {
  return loadavg()[0]!.toFixed(1);
}
