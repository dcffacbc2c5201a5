/**
 * The stress test as a program: `node main.ts [--minutes N] [--rounds N] [--seconds N] [--seed S]` runs rounds of so
 * many seconds, for an hour or until there were enough of them, and prints a line for each. It stops at the first
 * round that fails. `--seed S --rounds 1` plays the choices of the round with that seed again; what threads do to each
 * other is never quite the same twice.
 */
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';

import { IS_BUILT, loadEngine } from '../threads/load-engine.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    minutes: { type: 'string', default: '60' },
    rounds: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${process.pid}-${Date.now()}` },
  },
});

await loadEngine(IS_BUILT);
const { runRound } = await import('./round.ts');
const endsAt = Date.now() + Number(values.minutes) * 60_000;
for (let round = 0; round < Number(values.rounds) && Date.now() < endsAt; round += 1) {
  // The first has the seed as given, so that it can be played again.
  const seed = round === 0 ? values.seed : `${values.seed}+${round}`;
  const began = Date.now();
  const summary = await runRound(seed, Number(values.seconds) * 1_000);
  const figures = Object.entries(summary).map(([name, count]) => `${name} ${count}`);
  stdout.write(`round ${round} ok, seed ${seed}, ${Date.now() - began} ms: ${figures.join(', ')}\n`);
}
