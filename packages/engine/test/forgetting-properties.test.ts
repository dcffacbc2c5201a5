/**
 * Proves that replicas decide alike whatever each of them has forgotten: three engines whose deletions are as old as the
 * commands say, with clocks years apart, each compacted, swept, opened again and killed at moments of its own, answer every
 * command as the state machine in memory does, which forgets nothing and knows the grace; and end with the same entries.
 * `HTKV_REPLICATION_RUNS` says how many lists of commands, `HTKV_REPLICATION_SEED` which.
 */
import type { SingleNodeEngine, StoreConfig } from '@htkv/engine';
import { decodeCommand, digestState, isStamped, KvState, MemoryEntries, type StateView } from '@htkv/state';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { submissionsAndTransactions } from './random-submissions.ts';
import { ReplicatedLog } from './replicated-log.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const runs = Number(process.env['HTKV_REPLICATION_RUNS'] ?? 40);
const seed = Number(process.env['HTKV_REPLICATION_SEED'] ?? 20_261_129);

/** Of the log's time, which ticks once a command. */
const GRACE = 12;
const MINUTE = 60_000;
const CONFIG: StoreConfig = {
  maxSegmentSize: 4_096,
  memoryBudget: 2 ** 20,
  compactionIntervalMs: 0,
  tombstoneGraceMs: GRACE,
  tombstoneGraceBy: 'commands',
};

/** What happens to one engine between two commands. */
type Upkeep = 'compaction' | 'sweep' | 'restart' | 'kill' | 'nothing';
const upkeep: fc.Arbitrary<Upkeep> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('nothing' as const) },
  { weight: 3, arbitrary: fc.constantFrom('compaction' as const, 'sweep' as const) },
  { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'kill' as const) },
);

/** An engine of the log, which may be another one after a restart. */
class Replica {
  machine: SimulatedMachine;
  engine: SingleNodeEngine;
  dropped = 0;
  swept = 0;

  constructor(now: number) {
    this.machine = new SimulatedMachine({ now });
    this.engine = this.machine.open(CONFIG);
  }

  async undergo(what: Upkeep): Promise<void> {
    if (what === 'compaction') this.dropped += (await this.engine.runCompactionNow()).keysDropped;
    if (what === 'sweep') {
      const { now } = this.machine;
      const before = this.engine.stats().sweep.keysSwept;
      this.machine.advance(MINUTE);
      this.machine.advance(MINUTE);
      this.machine.now = now;
      this.swept += this.engine.stats().sweep.keysSwept - before;
    }
    if (what === 'restart') this.engine.closeSync();
    if (what === 'kill') this.machine = this.machine.afterKill();
    if (what === 'restart' || what === 'kill') this.engine = this.machine.open(CONFIG);
  }

  /** The engine as the log knows it, whichever it is. */
  get store(): Pick<SingleNodeEngine, 'submit' | 'takeSnapshot' | 'installSnapshot'> {
    return {
      submit: ((command: never, options: never) => this.engine.submit(command, options)) as never,
      takeSnapshot: () => this.engine.takeSnapshot(),
      installSnapshot: (chunks) => this.engine.installSnapshot(chunks),
    };
  }
}

/** What the state machine makes of the log. */
function machineState(entries: readonly Uint8Array[]): StateView {
  const state = new KvState(new MemoryEntries(), { graceMs: GRACE });
  for (const entry of entries) {
    const command = decodeCommand(entry);
    if (!isStamped(command)) throw new Error('expected the log to complete every command');
    state.apply(command);
  }
  return state;
}

test(
  `the same commands end in the same entries, whatever was forgotten where, ${runs} lists, seed ${seed}`,
  { timeout: 30_000 + runs * 200 },
  async () => {
    let dropped = 0;
    let swept = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(submissionsAndTransactions, upkeep, upkeep, upkeep), {
          minLength: 20,
          maxLength: 50,
          size: 'max',
        }),
        fc.nat(),
        async (steps, place) => {
          // The first one's clock is that of the log, for transactions read from it; the others are years ahead.
          const replicas = [
            new Replica(1_000),
            new Replica(1_700_000_000_000),
            new Replica(1_900_000_000_000),
          ];
          const [first, , third] = replicas as [Replica, Replica, Replica];
          const stores = replicas.map(({ store }) => store) as never[];
          const log = new ReplicatedLog(stores.slice(0, 2), { graceMs: GRACE });
          const joinsAt = place % steps.length;
          for (const [index, [submit, ...happenings]] of steps.entries()) {
            if (index === joinsAt) await log.join(stores[2]!);
            first.machine.now = log.now;
            // Throws where a store decides otherwise than the state machine.
            await submit(log, first.engine, log.now);
            for (const [each, what] of happenings.entries()) {
              if (replicas[each] !== third || index >= joinsAt) await replicas[each]!.undergo(what);
            }
          }
          const { now } = log;
          const expected = digestState(machineState(log.entries), { now });
          const found = replicas.map(({ engine }) => digestState(engine.snapshotState(), { now }));
          expect(found).toEqual(replicas.map(() => expected));
          const places = replicas.map(({ engine }) => [engine.latestSequence(), engine.latestVersion()]);
          expect(places).toEqual(replicas.map(() => places[0]));
          for (const replica of replicas) {
            dropped += replica.dropped;
            swept += replica.swept;
          }
        },
      ),
      { numRuns: runs, seed },
    );
    expect(dropped, 'keys that were forgotten').toBeGreaterThan(runs);
    expect(swept, 'entries that were swept').toBeGreaterThan(runs / 4);
  },
);

describe('deletions that are as old as commands say', () => {
  const submit = (engine: SingleNodeEngine, version: number, timestamp: number): unknown =>
    engine.submitSync({ type: 'set', key: 'key', value: 'v', version, timestamp });

  test.for([true, false])(
    'are forgotten by the first command that comes late enough, compacted: %s',
    async (isCompacted) => {
      const machine = new SimulatedMachine();
      const engine = machine.open(CONFIG);
      engine.submitSync({ type: 'delete', key: 'key', version: 10, timestamp: 1_000 });
      const compact = async (): Promise<void> => {
        if (isCompacted) await engine.runCompactionNow();
      };
      await compact();
      expect(submit(engine, 9, 1_011)).toBe('ignoredStale');
      await compact();
      expect(submit(engine, 9, 1_012)).toBe('applied');
      expect(engine.getEntry('key')?.version).toBe(9);
    },
  );

  test('stay after a restart until a command says how late it is, whatever the clock says', async () => {
    const machine = new SimulatedMachine();
    let engine = machine.open(CONFIG);
    engine.submitSync({ type: 'delete', key: 'key', version: 10, timestamp: 1_000 });
    engine.closeSync();
    engine = machine.open(CONFIG);
    expect((await engine.runCompactionNow()).keysDropped).toBe(0);
    engine.submitSync({ type: 'set', key: 'other', value: 'v', version: 1, timestamp: 1_012 });
    expect((await engine.runCompactionNow()).keysDropped).toBe(1);
  });
});
