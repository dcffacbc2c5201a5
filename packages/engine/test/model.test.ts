/**
 * Proves by random lives, with restarts and crashes in them, that an engine is a sorted map which after a crash is
 * in a state that it was in before, and not in one from before the last acknowledged write; with snapshots that stay what
 * they are, transactions that others get in the way of, and everything that keeps a store small and whole; half of them with
 * a thread that writes commit groups. `HTKV_MODEL_RUNS` says how many lives, `HTKV_MODEL_SEED` which; see
 * `model-commands.ts`, `model-views.ts` and `model-upkeep.ts`.
 */

import { SeededRandom } from '@htkv/storage/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { lives, openEngine } from './model-commands.ts';
import { Model, type Real } from './model-state.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const runs = Number(process.env['HTKV_MODEL_RUNS'] ?? 2000);
const seed = Number(process.env['HTKV_MODEL_SEED'] ?? 20_261_120);

test(
  `an engine is a sorted map over ${runs} lives with crashes, seed ${seed}`,
  { timeout: 240_000 + runs * 20 },
  async () => {
    let commands = 0;
    let jobs = 0;
    let swept = 0;
    let dropped = 0;
    await fc.assert(
      fc.asyncProperty(lives, fc.boolean(), fc.nat(), async (life, hasThread, landingSeed) => {
        const landing = new SeededRandom(landingSeed);
        const thread = hasThread ? { hasLanded: () => landing.chance(0.4) } : {};
        const machine = new SimulatedMachine({ isManual: true, ...thread });
        const real: Real = { machine, engine: openEngine(machine) };
        commands += [...life].length;
        const model = new Model(machine.now);
        for (const command of life) await command.run(model, real);
        const { sweep, compaction } = real.engine.stats();
        swept += sweep.keysSwept;
        dropped += compaction.keysDropped;
        real.engine.closeSync();
        jobs += real.machine.runner?.jobs ?? 0;
      }),
      { numRuns: runs, seed },
    );
    expect(commands).toBeGreaterThan(runs * 10);
    expect(jobs, 'groups that a thread wrote').toBeGreaterThan(runs / 50);
    expect(swept, 'entries that were swept').toBeGreaterThan(runs / 10);
    expect(dropped, 'keys that were forgotten').toBeGreaterThan(runs / 50);
  },
);
