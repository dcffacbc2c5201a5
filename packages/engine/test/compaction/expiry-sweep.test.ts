/**
 * Proves that entries which have expired make room without being touched, in slices, and that nobody can tell by versions,
 * outcomes, places in the commit order or digests whether they were swept: not while snapshots are open, not after a
 * crash, not when the clock is set back.
 */
import type { SingleNodeEngine, StoreConfig } from '@htkv/engine';
import { digestState, type StateView } from '@htkv/state';
import { describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { texts } from '../text.ts';

const MINUTE = 60_000;
const GRACE = 1_000;
const CONFIG: StoreConfig = {
  maxSegmentSize: 4096,
  memoryBudget: 2 ** 20,
  compactionIntervalMs: 0,
  tombstoneGraceMs: GRACE,
};

function fill(engine: SingleNodeEngine, keys = 100): void {
  for (let index = 0; index < keys; index += 1) {
    engine.putSync(`brief ${String(index).padStart(4, '0')}`, new Uint8Array(40), { ttl: 500 });
    engine.putSync(`kept ${String(index).padStart(4, '0')}`, new Uint8Array(40));
  }
}

/** Lets a sweep run to its end. */
function sweep(machine: SimulatedMachine, engine: SingleNodeEngine): void {
  const { sweeps } = engine.stats().sweep;
  machine.advance(MINUTE);
  for (let steps = 0; steps < 100 && engine.stats().sweep.sweeps === sweeps; steps += 1) machine.advance(10);
  expect(engine.stats().sweep.sweeps).toBe(sweeps + 1);
}

const digest = (view: StateView, now: number): string => digestState(view, { now });

test('what has expired is swept a slice at a time, and only a deletion is left of it', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(CONFIG);
  fill(engine);
  const garbage = (): number =>
    engine.stats().segments.reduce((bytes, { garbageBytes }) => bytes + garbageBytes, 0);
  const before = [engine.latestSequence(), engine.latestVersion(), engine.stats().coldReads];
  machine.advance(MINUTE);
  expect(engine.stats().sweep).toEqual({ sweeps: 0, keysSwept: 64 });
  expect(garbage()).toBeGreaterThan(64 * 100);
  machine.advance(6);
  expect(engine.stats().sweep.keysSwept).toBe(64);
  machine.advance(1);
  expect(engine.stats().sweep).toEqual({ sweeps: 1, keysSwept: 100 });
  expect([engine.latestSequence(), engine.latestVersion()]).toEqual(before.slice(0, 2));
  expect(engine.size).toBe(100);
  expect(texts(engine.keys({ prefix: 'b' }))).toEqual([]);
  expect([...engine.snapshotState().tombstones()].length).toBe(100);
  machine.advance(10 * MINUTE);
  expect(engine.stats().sweep).toEqual({ sweeps: 1, keysSwept: 100 });
});

test('what was swept is gone with the next passes, entry and deletion', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(CONFIG);
  for (let index = 0; index < 1000; index += 1)
    engine.putSync(`brief ${index}`, new Uint8Array(40), { ttl: 500 });
  for (let index = 0; index < 10; index += 1) engine.putSync(`kept ${index}`, new Uint8Array(40));
  const { logBytes } = engine.stats();
  sweep(machine, engine);
  await engine.runCompactionNow();
  await engine.runCompactionNow();
  expect(engine.stats().indexedKeys).toBe(10);
  expect(engine.stats().logBytes).toBeLessThan(logBytes / 10);
});

test('entries that are not due stay: with a later deadline, without one, renewed, or within the grace', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ ...CONFIG, tombstoneGraceMs: MINUTE });
  engine.putSync('renewed', 'r', { ttl: 500 });
  engine.putSync('renewed', 'r');
  engine.putSync('later', 'l', { ttl: 10 * MINUTE });
  engine.putSync('recent', 'x', { ttl: 5_000 });
  engine.putSync('due', 'd', { ttl: 0 });
  sweep(machine, engine);
  expect(engine.stats().sweep.keysSwept).toBe(1);
  expect(texts(engine.keys())).toEqual(['later', 'renewed']);
  expect([...engine.snapshotState().entries()].length).toBe(3);
});

test('an entry that is written between two slices is not swept', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(CONFIG);
  fill(engine);
  machine.advance(MINUTE);
  engine.putSync('brief 0099', 'new');
  engine.putSync('brief 0098', 'new', { ttl: 10 * MINUTE });
  engine.deleteSync('brief 0097');
  machine.advance(10);
  expect(engine.stats().sweep).toEqual({ sweeps: 1, keysSwept: 97 });
  expect(texts(engine.keys({ prefix: 'b' }))).toEqual(['brief 0098', 'brief 0099']);
});

test('segments that go between two slices are not looked for, nor what has come in their places', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(CONFIG);
  fill(engine, 400);
  machine.advance(MINUTE);
  for (let index = 0; index < 400; index += 1) engine.putSync(`kept ${index}`, new Uint8Array(50));
  await engine.runCompactionNow();
  for (let steps = 0; steps < 100; steps += 1) machine.advance(10);
  expect(engine.stats().sweep.sweeps).toBe(1);
  expect(engine.keys({ prefix: 'kept' }).count()).toBe(800);
});

test('keys that have left the index are swept, too', () => {
  const machine = new SimulatedMachine();
  const config = { ...CONFIG, maxSegmentSize: 2 ** 20, indexMemoryBudget: 2 ** 20 };
  const engine = machine.open({ ...config, expirySweepKeysPerSecond: 1_000_000 });
  for (let index = 0; index < 2_000; index += 1) engine.putSync(`brief ${index}`, 'b', { ttl: 500 });
  for (let index = 0; index < 80_000; index += 1) engine.putSync(`kept ${index}`, 'k');
  expect(engine.stats().coldIndex?.coldKeys).toBeGreaterThan(10_000);
  machine.advance(MINUTE);
  for (let steps = 0; steps < 100; steps += 1) machine.advance(1);
  expect(engine.stats().sweep).toEqual({ sweeps: 1, keysSwept: 2_000 });
  expect(engine.size).toBe(80_000);
});

test('versions go on behind what was swept, and a later outcome is the same', async () => {
  const outcomes = [true, false].map((isSwept) => {
    const machine = new SimulatedMachine();
    const expirySweepIntervalMs = isSwept ? MINUTE : 0;
    const engine = machine.open({ ...CONFIG, tombstoneGraceMs: 10 * MINUTE, expirySweepIntervalMs });
    engine.submitSync({ type: 'set', key: 'key', value: 'v', version: 100, expiresAt: machine.now + 500 });
    engine.submitSync({ type: 'set', key: 'due', value: 'v', version: 100, expiresAt: machine.now + 500 });
    machine.advance(11 * MINUTE);
    expect(engine.stats().sweep.keysSwept).toBe(isSwept ? 2 : 0);
    const { now } = machine;
    return [
      engine.submitSync({ type: 'set', key: 'key', value: 'late', version: 99 }),
      engine.submitSync({ type: 'set', key: 'key', value: 'if', version: 200, ifPresent: true }),
      engine.submitSync({
        type: 'set',
        key: 'key',
        value: 'new',
        version: 101,
        timestamp: now,
        ifAbsent: true,
      }),
      engine.submitSync({ type: 'delete', key: 'due', version: 100 }),
      engine.latestSequence(),
      digest(engine.snapshotState(), now),
    ];
  });
  expect(outcomes[0]).toEqual(outcomes[1]);
});

describe('what a snapshot shows', () => {
  test('is not swept while the snapshot is open', () => {
    const machine = new SimulatedMachine();
    const engine = machine.open(CONFIG);
    fill(engine);
    const view = engine.snapshot();
    for (let minutes = 0; minutes < 3; minutes += 1) machine.advance(MINUTE);
    expect(engine.stats().sweep.keysSwept).toBe(0);
    expect(view.count()).toBe(200);
    view[Symbol.dispose]();
    sweep(machine, engine);
    expect(engine.stats().sweep.keysSwept).toBe(100);
  });

  test('stays where it is taken between two slices', () => {
    const machine = new SimulatedMachine();
    const engine = machine.open(CONFIG);
    fill(engine);
    machine.advance(MINUTE);
    const view = engine.snapshot();
    machine.advance(10);
    expect(engine.stats().sweep.keysSwept).toBe(64);
    expect(view.count()).toBe(100);
  });
});

test('a crash in the middle leaves the entries expired, whatever of the sweep survives', () => {
  for (const lose of ['afterPowerLoss', 'afterKill'] as const) {
    const machine = new SimulatedMachine();
    const engine = machine.open(CONFIG);
    fill(engine);
    machine.advance(MINUTE);
    const after = machine[lose]();
    const again = after.open(CONFIG);
    expect(texts(again.keys({ prefix: 'b' }))).toEqual([]);
    expect([again.size, again.latestSequence()]).toEqual([100, 200]);
    sweep(after, again);
    expect([...again.snapshotState().tombstones()].length).toBe(100);
  }
});

test('a clock that is set back after a sweep shows nothing again, also after a restart', () => {
  const machine = new SimulatedMachine();
  let engine = machine.open(CONFIG);
  fill(engine);
  const written = machine.now;
  sweep(machine, engine);
  machine.now = written;
  expect(engine.size).toBe(100);
  engine.closeSync();
  engine = machine.open(CONFIG);
  expect([engine.size, engine.has('brief 0001')]).toEqual([100, false]);
});

test('a clock that goes back before the sweep keeps everything that is visible', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(CONFIG);
  fill(engine);
  machine.now -= 10 * MINUTE;
  machine.advance(MINUTE);
  machine.advance(MINUTE);
  expect(engine.stats().sweep.keysSwept).toBe(0);
  expect(engine.size).toBe(200);
});

test('a sweep that finds no room is over, and the next one goes on', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ ...CONFIG, workerThreads: 0 });
  fill(engine);
  engine.putSync('last', 'l', { durability: 'disk' });
  machine.faults.plan({ at: 1, kinds: ['write', 'create'], code: 'ENOSPC', isSticky: true });
  for (let steps = 0; steps < 5; steps += 1) machine.advance(MINUTE);
  machine.faults.heal();
  expect(engine.size).toBe(101);
  sweep(machine, engine);
  expect(texts(engine.keys({ prefix: 'b' }))).toEqual([]);
  expect([...engine.snapshotState().tombstones()].length).toBe(100);
});

test.for([{ expirySweepIntervalMs: 0 }, { readOnly: true }] as StoreConfig[])(
  'nothing is swept with %o',
  (other) => {
    const machine = new SimulatedMachine();
    fill(machine.open(CONFIG));
    const after = machine.afterKill();
    const engine = after.open({ ...CONFIG, ...other });
    for (let minutes = 0; minutes < 5; minutes += 1) after.advance(MINUTE);
    expect(engine.stats().sweep).toEqual({ sweeps: 0, keysSwept: 0 });
  },
);

test('a session that has nothing to sweep writes nothing, and no sweep keeps the process alive', () => {
  const machine = new SimulatedMachine();
  let engine = machine.open(CONFIG);
  engine.putSync('key', 'v', { ttl: 100 * MINUTE });
  engine.closeSync();
  engine = machine.open(CONFIG);
  expect(machine.timers).toBe(0);
  const writes = machine.callsDuring('write', () => {
    machine.advance(MINUTE);
    engine.closeSync();
    machine.advance(MINUTE);
  });
  expect(writes).toBe(0);
});
