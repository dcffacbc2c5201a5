/**
 * All workloads of a few operations, each run on a machine that is looked at before every call: most defects of crash
 * recovery show in three operations or less (Mohan et al., "Finding Crash-Consistency Bugs with Bounded Black-Box Crash
 * Testing", 2018).
 */
import { ScriptedRun } from './scripted-run.ts';

const operations: Readonly<Record<string, (run: ScriptedRun) => void>> = {
  set: (run) => run.apply([4, 10]),
  replace: (run) => run.apply([4, 700]),
  delete: (run) => run.apply(4),
  batch: (run) => run.apply([5, 10], 4, [6, 300]),
  large: (run) => run.apply([7, 40_000]),
  fill: (run) => run.apply([8, 2500]),
  write: (run) => run.commit(false),
  sync: (run) => run.commit(true),
  reopen: (run) => {
    run.close();
    run.open();
  },
  kill: (run) => {
    run.kill();
    run.open();
  },
  power: (run) => {
    run.cutPower();
    run.open();
  },
};

/** Runs every sequence of `length` operations, and a last commit; how many states of the disk were recovered from. */
export function runShortWorkloads(length: number): number {
  let states = 0;
  const names = Object.keys(operations);
  const visit = (chosen: readonly string[]): void => {
    if (chosen.length < length) {
      for (const name of names) visit([...chosen, name]);
      return;
    }
    const run = new ScriptedRun(chosen.join(', '), {}, 0);
    run.open();
    for (const name of chosen) operations[name]!(run);
    run.commit(true);
    run.requireSound();
    states += run.states;
  };
  visit([]);
  return states;
}
