/**
 * Proves that an engine fits the replication seam: `LocalReplication` over it is the engine itself, and a log that
 * knows only commands and the seam drives two engines to the same digest, over restarts and power losses, also one
 * that joins late or starts from a snapshot.
 */

import type { SingleNodeEngine } from '@htkv/engine';
import { LocalReplication, type ReplicationHandle } from '@htkv/replication';
import {
  compareBytes,
  digestState,
  digestVersions,
  KvState,
  utf8,
  type BatchCommand,
  type SingleCommand,
  type StateView,
} from '@htkv/state';
import { SeededRandom } from '@htkv/storage/testing';
import { expect, test } from 'vitest';

import { ReplicatedLog, replay } from '../replicated-log.ts';
import { resultOf } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

const digest = (engine: SingleNodeEngine): string =>
  digestState(engine.snapshotState(), { tombstones: true });

/** A random command on few keys, with everything a command can have. */
function randomCommand(random: SeededRandom): SingleCommand {
  const key = utf8(`key ${random.below(12)}`);
  const version = random.chance(0.3) ? random.between(1, 400) : undefined;
  const ifVersion = random.chance(0.1) ? random.between(1, 400) : undefined;
  if (random.chance(0.3)) return { type: 'delete', key, version, ifVersion };
  const expiresAt = random.chance(0.2) ? random.between(900, 1_500) : undefined;
  const ifAbsent = ifVersion === undefined && random.chance(0.2);
  return { type: 'set', key, value: random.bytes(random.below(50)), version, expiresAt, ifVersion, ifAbsent };
}

/** What a transaction on `view` might have read: a key, perhaps of another version by now, and a range. */
function conditionsIn(view: StateView, random: SeededRandom): Pick<BatchCommand, 'conditions' | 'ranges'> {
  const key = utf8(`key ${random.below(12)}`);
  const version = random.chance(0.7) ? view.getEntry(key)?.version : random.between(1, 400);
  const [gte, lt] = [utf8(`key ${random.below(6)}`), utf8('key 9')];
  const within = [...view.entries()].filter(
    ([each]) => compareBytes(each, gte) >= 0 && compareBytes(each, lt) < 0,
  );
  const digest = digestVersions(within.map(([each, entry]) => [each, entry.version] as const));
  return { conditions: [{ key, version }], ranges: random.chance(0.5) ? [{ gte, lt, digest }] : [] };
}

async function submitRandom(handle: ReplicationHandle, random: SeededRandom, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    if (random.chance(0.8)) await handle.submit(randomCommand(random));
    else {
      const commands = Array.from({ length: random.below(6) }, () => randomCommand(random));
      if (random.chance(0.5)) {
        await handle.submit({ type: 'batch', commands, ...conditionsIn(handle.latestSnapshot(), random) });
        continue;
      }
      await handle.submitBatch(commands, { atomic: random.pick(['perItem', 'allOrNothing'] as const) });
    }
  }
}

test('LocalReplication hands everything to the engine and back', async () => {
  const engine = new SimulatedMachine().open();
  const handle = new LocalReplication(engine);
  expect(await handle.submit({ type: 'set', key: utf8('k'), value: utf8('v') })).toBe('applied');
  expect(await handle.submitBatch([{ type: 'delete', key: utf8('absent'), version: 9 }])).toEqual([
    'removed',
  ]);
  expect(text(engine.get('k'))).toBe('v');
  expect(handle.latestVersion()).toBe(engine.latestVersion());
  expect(text(handle.latestSnapshot().get(utf8('k')))).toBe('v');
  expect([...handle.latestSnapshot().tombstones()]).toHaveLength(1);
  await engine.close();
  expect(await resultOf(handle.submit({ type: 'delete', key: utf8('k') }))).toBe('ENGINE_CLOSED');
});

test('a snapshot is of its moment', async () => {
  const engine = new SimulatedMachine().open();
  engine.putSync('k', 'before');
  const snapshot = engine.snapshotState();
  engine.putSync('k', 'after');
  engine.putSync('new', '');
  expect(snapshot.size).toBe(1);
  expect(text(snapshot.get(utf8('k')))).toBe('before');
  expect(snapshot.latestVersion()).toBeLessThan(engine.latestVersion());
});

test('a log that knows no engine drives two of them to the same digest, whatever happens to them', async () => {
  for (let run = 0; run < 5; run += 1) {
    const seed = `replicated log ${run}`;
    const random = new SeededRandom(seed);
    const [steady, restless] = [new SimulatedMachine(), new SimulatedMachine()];
    const first = steady.open();
    const second = restless.open({ maxSegmentSize: 4096 });
    const log = new ReplicatedLog([first, second]);
    await submitRandom(log, random, 150);
    expect(digest(second), seed).toBe(digest(first));
    expect(log.latestVersion(), seed).toBe(second.latestVersion());

    // Every write was acknowledged, so a restart and a power loss leave the same state.
    expect(digest(restless.afterPowerLoss().open()), seed).toBe(digest(first));
    await second.close();
    expect(digest(restless.open()), seed).toBe(digest(first));

    const late = new SimulatedMachine().open();
    await replay(log.entries, late);
    expect(digest(late), seed).toBe(digest(first));

    // A replica in memory that is filled from a snapshot decides like the engine from then on.
    const filled = KvState.from(first.snapshotState());
    for (let index = 0; index < 50; index += 1) {
      const version = 10_000 + index;
      const stamped = { ...randomCommand(random), version, timestamp: 1_200 };
      expect(filled.apply(stamped), seed).toBe(await first.submit(stamped));
    }
    expect(digestState(filled, { tombstones: true }), seed).toBe(digest(first));
  }
});
