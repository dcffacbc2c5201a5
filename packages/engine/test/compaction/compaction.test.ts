/**
 * Proves when compaction runs and what it means to those who use the engine: when asked for, by interval, after batches,
 * beside writes, over failures, and to the end of the engine.
 */
import { describe, expect, test } from 'vitest';

import type { SingleNodeEngine, StoreConfig } from '@htkv/engine';

import { SimulatedMachine } from '../simulated-machine.ts';

const SMALL: StoreConfig = { maxSegmentSize: 4096, memoryBudget: 2 ** 20 };
const VALUE = new Uint8Array(1000).fill(7);

/** Writes the same few keys over and over, in batches. */
async function fill(engine: SingleNodeEngine, batches = 20): Promise<void> {
  for (let batch = 0; batch < batches; batch += 1) {
    await engine.submitBatch([
      { type: 'set', key: `key ${batch % 4}`, value: VALUE },
      { type: 'set', key: 'counter', value: String(batch) },
    ]);
  }
}

function textOf(engine: SingleNodeEngine, key: string): string {
  return new TextDecoder().decode(engine.get(key));
}

/** Lets what is due run. */
async function settle(machine: SimulatedMachine): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    machine.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a pass that is asked for leaves what is needed, and says what it did', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ ...SMALL, compactionIntervalMs: 0 });
  await fill(engine, 12);
  const before = engine.stats().logBytes;
  const report = await engine.runCompactionNow();
  expect(report.segmentsRemoved).toBeGreaterThan(2);
  expect(report.bytesReclaimed).toBeGreaterThan(0);
  expect(engine.stats().logBytes).toBeLessThan(before / 1.5);
  expect([engine.size, textOf(engine, 'counter')]).toEqual([5, '11']);
  await engine.close();
  const again = machine.open();
  expect([again.size, textOf(again, 'counter')]).toEqual([5, '11']);
});

test('two passes that are asked for at once are made one behind the other', async () => {
  const engine = new SimulatedMachine().open({ ...SMALL, compactionIntervalMs: 0 });
  await fill(engine, 12);
  const [first, second] = await Promise.all([engine.runCompactionNow(), engine.runCompactionNow()]);
  expect(first.segmentsRemoved).toBeGreaterThan(0);
  expect(second.recordsRelocated).toBe(0);
});

test('a pass that is asked for while one rests that keeps no process alive comes to its end without timers', async () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open(SMALL);
  for (let write = 0; write < 100; write += 1) engine.putSync(`key ${write % 4}`, VALUE);
  await machine.settle();
  machine.advance(60_000);
  await machine.turn();
  let hasEnded = false;
  const pass = engine.runCompactionNow().then(() => (hasEnded = true));
  await machine.settle();
  expect(hasEnded).toBe(true);
  await pass;
});

test('writes go on between the steps of a pass, and the newest ones stay', async () => {
  const engine = new SimulatedMachine().open({ maxSegmentSize: 2 ** 21, memoryBudget: 2 ** 22 });
  for (let index = 0; index < 3000; index += 1) engine.putSync(`key ${index}`, VALUE);
  for (let index = 0; index < 3000; index += 2) engine.putSync(`key ${index}`, 'short');
  let isOver = false;
  const pass = engine.runCompactionNow().finally(() => (isOver = true));
  for (let writes = 0; !isOver; writes += 1) {
    engine.putSync(`key ${(writes * 7) % 3000}`, `write ${writes}`);
    engine.putSync('last', String(writes));
    await new Promise((resolve) => setImmediate(resolve));
    expect(textOf(engine, `key ${(writes * 7) % 3000}`)).toBe(`write ${writes}`);
  }
  const report = await pass;
  expect(report.segmentsRemoved).toBeGreaterThan(0);
  expect(engine.size).toBe(3001);
  expect(textOf(engine, 'key 2999').length).toBeGreaterThan(0);
});

describe('on its own', () => {
  test('compaction runs after batches that have filled segments', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open(SMALL);
    await fill(engine, 40);
    await settle(machine);
    expect(engine.stats().compaction.segmentsRemoved).toBeGreaterThan(5);
    expect(engine.stats().segments.length).toBeLessThan(8);
  });

  test('compaction runs when the interval is over', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open({ ...SMALL, compactionIntervalMs: 5000 });
    for (let write = 0; write < 8; write += 1) await engine.put('key', VALUE);
    await settle(machine);
    expect(engine.stats().compaction.segmentsRemoved).toBe(0);
    machine.advance(5000);
    await settle(machine);
    expect(engine.stats().compaction.segmentsRemoved).toBeGreaterThan(0);
  });

  test('compaction does not run where the interval is 0', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open({ ...SMALL, compactionIntervalMs: 0 });
    for (let write = 0; write < 8; write += 1) await engine.put('key', VALUE);
    machine.advance(10_000_000);
    await settle(machine);
    expect(engine.stats().compaction.segmentsRemoved).toBe(0);
  });

  test('the interval does not keep the process alive', () => {
    const machine = new SimulatedMachine();
    machine.open(SMALL);
    expect(machine.timers).toBe(0);
  });
});

test('deletions and what has expired go once the grace has passed, and an older version is no longer stale', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ tombstoneGraceMs: 1000, compactionIntervalMs: 0 });
  await engine.submit({ type: 'set', key: 'gone', value: VALUE, version: 10 });
  await engine.submit({ type: 'delete', key: 'gone', version: 20 });
  await engine.put('soon', VALUE, { ttl: 10 });
  await engine.put('kept', VALUE);
  machine.advance(900);
  await engine.runCompactionNow();
  expect(await engine.submit({ type: 'set', key: 'gone', value: 'late', version: 15 })).toBe('ignoredStale');
  machine.advance(200);
  const report = await engine.runCompactionNow();
  expect(report.keysDropped).toBe(2);
  expect([engine.size, engine.stats().indexedKeys]).toEqual([1, 1]);
  expect(await engine.submit({ type: 'set', key: 'gone', value: 'late', version: 15 })).toBe('applied');
});

test('a pass that finds no room fails as not committed, and the store goes on', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ ...SMALL, compactionIntervalMs: 0 });
  await fill(engine, 12);
  machine.faults.plan({ at: 1, kinds: ['write', 'create'], code: 'ENOSPC', isSticky: true });
  await expect(engine.runCompactionNow()).rejects.toMatchObject({ code: 'STORAGE_NO_SPACE' });
  machine.faults.heal();
  expect([engine.size, textOf(engine, 'counter')]).toEqual([5, '11']);
  expect((await engine.runCompactionNow()).segmentsRemoved).toBeGreaterThan(0);
  expect([engine.size, textOf(engine, 'counter')]).toEqual([5, '11']);
});

test('a pass that a close overtakes is told, and the next open goes on from there', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ ...SMALL, compactionIntervalMs: 0 });
  await fill(engine, 12);
  const pass = engine.runCompactionNow();
  await engine.close();
  await expect(pass).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  await expect(engine.runCompactionNow()).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  const again = machine.open({ ...SMALL, compactionIntervalMs: 0 });
  expect(textOf(again, 'counter')).toBe('11');
  expect((await again.runCompactionNow()).segmentsRemoved).toBeGreaterThan(0);
});

test('an engine that only reads does not compact', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(SMALL);
  await fill(engine, 4);
  await engine.close();
  const reader = machine.open({ readOnly: true });
  await expect(reader.runCompactionNow()).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
});

test.for([
  { compactionIntervalMs: -1 },
  { compactionIntervalMs: 1.5 },
  { compactionIntervalMs: 2 ** 31 },
  { compactionGarbageRatio: 0 },
  { compactionGarbageRatio: 1 },
  { tombstoneGraceMs: -1 },
] as StoreConfig[])('%o is refused', (config) => {
  expect(() => new SimulatedMachine().open(config)).toThrow(RangeError);
});
