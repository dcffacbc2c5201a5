/**
 * Proves by random lives, with restarts and crashes in them, that an engine is a sorted map which after a crash is
 * in a state that it was in before, and not in one from before the last acknowledged write. `HTKV_MODEL_RUNS` says how
 * many lives, `HTKV_MODEL_SEED` which; see `model-commands.ts`.
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { CONFIG, lives, Model, type Real } from './model-commands.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const runs = Number(process.env['HTKV_MODEL_RUNS'] ?? 500);
const seed = Number(process.env['HTKV_MODEL_SEED'] ?? 20_261_120);

test(
  `an engine is a sorted map over ${runs} lives with crashes, seed ${seed}`,
  { timeout: 30_000 + runs * 20 },
  () => {
    let commands = 0;
    fc.assert(
      fc.property(lives, (life) => {
        const machine = new SimulatedMachine({ isManual: true });
        const real: Real = { machine, engine: machine.open(CONFIG) };
        commands += [...life].length;
        fc.modelRun(() => ({ model: new Model(machine.now), real }), life);
        real.engine.closeSync();
      }),
      { numRuns: runs, seed },
    );
    expect(commands).toBeGreaterThan(runs * 10);
  },
);
