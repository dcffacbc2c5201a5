/**
 * Proves that the order of the commands decides everything: whatever the commands, two engines and a third that is
 * filled from a snapshot somewhere on the way end in the same state, which is also that of the state machine in memory.
 * The commands come from a log that knows no engine (`replicated-log.ts`); in between, the second engine is opened
 * again, or loses its power after everything was acknowledged. `HTKV_REPLICATION_RUNS` says how many lists of commands,
 * `HTKV_REPLICATION_SEED` which.
 */

import type { SingleNodeEngine } from '@htkv/engine';
import { LocalReplication } from '@htkv/replication';
import { decodeCommand, digestState, isStamped, KvState } from '@htkv/state';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { submissionsAndTransactions } from './random-submissions.ts';
import { ReplicatedLog, replay } from './replicated-log.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const runs = Number(process.env['HTKV_REPLICATION_RUNS'] ?? 60);
const seed = Number(process.env['HTKV_REPLICATION_SEED'] ?? 20_261_128);

/** The log's clock is far behind that of the machines: deletions are never old enough to be forgotten. */
const REMEMBERING = { tombstoneGraceMs: Number.MAX_SAFE_INTEGER };

const digest = (engine: SingleNodeEngine): string =>
  digestState(engine.snapshotState(), { tombstones: true });

/** What the state machine makes of the log, without any engine. */
function machineDigest(entries: readonly Uint8Array[]): string {
  const state = new KvState();
  for (const entry of entries) {
    const command = decodeCommand(entry);
    if (!isStamped(command)) throw new Error('expected the log to complete every command');
    state.apply(command);
  }
  return digestState(state, { tombstones: true });
}

test(
  `the same commands end in the same digest on three engines, ${runs} lists, seed ${seed}`,
  { timeout: 240_000 + runs * 100 },
  async () => {
    let records = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(submissionsAndTransactions, { minLength: 1, maxLength: 60, size: 'max' }),
        fc.nat(),
        fc.boolean(),
        async (submissions, place, losesPower) => {
          const [steady, restless, late] = [
            // Transactions read from it: its clock is that of the log.
            new SimulatedMachine({ now: 1_000 }),
            new SimulatedMachine(),
            new SimulatedMachine(),
          ];
          const engines = [
            steady.open(REMEMBERING),
            restless.open({ ...REMEMBERING, maxSegmentSize: 4_096 }),
          ] as const;
          const log = new ReplicatedLog(engines);
          const joinsAt = place % submissions.length;
          const third = late.open({ ...REMEMBERING, maxSegmentSize: 8_192 });
          for (const [index, submit] of submissions.entries()) {
            if (index === joinsAt) await log.join(third);
            steady.now = log.now;
            await submit(log, engines[0], log.now);
          }
          expect(digest(engines[0])).toBe(machineDigest(log.entries));
          expect(digest(engines[1])).toBe(digest(engines[0]));
          expect(digest(third)).toBe(digest(engines[0]));
          const places = [...engines, third].map((engine) => [
            engine.latestSequence(),
            engine.latestVersion(),
          ]);
          expect(places).toEqual([places[0], places[0], places[0]]);
          records += third.snapshotState().size;

          // All three go on alike, also those that were opened again.
          const opened = [
            engines[0],
            losesPower ? restless.afterPowerLoss().open(REMEMBERING) : restless.afterKill().open(REMEMBERING),
            losesPower ? late.afterPowerLoss().open(REMEMBERING) : late.afterKill().open(REMEMBERING),
          ];
          const handles = opened.map((engine) => new LocalReplication(engine));
          const last = {
            type: 'set',
            key: new Uint8Array(1),
            value: new Uint8Array(0),
            version: 9_000,
            timestamp: 2_000,
          } as const;
          for (const handle of handles) expect(await handle.submit(last)).toBe('applied');
          expect(opened.map(digest)).toEqual(opened.map(() => digest(opened[0]!)));

          // And so does one that knows nothing but the log.
          const replayed = new SimulatedMachine().open();
          await replay(log.entries, replayed);
          await replayed.submit(last);
          expect(digest(replayed)).toBe(digest(opened[0]!));
        },
      ),
      { numRuns: runs, seed },
    );
    expect(records).toBeGreaterThan(runs);
  },
);
