/**
 * Proves what an engine does with checkpoints: one that is asked for resolves when it is durable, and covers what was
 * written before; one is taken by itself when much was written; reads and writes go on meanwhile; a failure is told to
 * who asked and to nobody else; and a closed engine leaves none half done.
 */
import type { SingleNodeEngine } from '@htkv/engine';
import { beforeEach, expect, test } from 'vitest';

import { resultOf } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ isManual: true });
  engine = machine.open();
});

/** Lets the event loop turn until `promise` has settled. */
async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  let isSettled = false;
  void resultOf(promise).then(() => (isSettled = true));
  for (let turns = 0; turns < 1000 && !isSettled; turns += 1) await machine.turn();
  return promise;
}

test('one that is asked for is durable when it resolves, and the next opening begins with it', async () => {
  for (let index = 0; index < 100; index += 1) engine.putSync(`key ${index}`, 'value');
  engine.deleteSync('key 7');
  const { checkpointId, keys, bytes } = await settled(engine.checkpoint());
  expect(keys).toBe(100);
  expect(bytes).toBeGreaterThan(100 * 8);
  const recovered = machine.afterPowerLoss().open();
  expect(recovered.stats().recovery).toMatchObject({ checkpointId, checkpointKeys: 100, records: 0 });
  expect(recovered.size).toBe(99);
  expect(recovered.has('key 7')).toBe(false);
  expect(recovered.has('key 8')).toBe(true);
});

test('reads and writes go on while one is written', async () => {
  engine.putSync('before', '1');
  const promised = engine.checkpoint();
  const written = engine.put('meanwhile', '2');
  engine.putSync('before', '3');
  await settled(promised);
  await settled(written);
  const recovered = machine.afterPowerLoss().open();
  expect(recovered.stats().recovery.checkpointKeys).toBe(2);
  expect(Array.from(recovered.get('before')!)).toEqual([0x33]);
});

test('an engine that holds nothing has nothing to save', async () => {
  expect(await settled(engine.checkpoint())).toEqual({ checkpointId: 0, keys: 0, bytes: 0 });
});

test('one is taken when much was written since the last one', async () => {
  const value = new Uint8Array(4096);
  for (let index = 0; index < 3 * 1024; index += 1) engine.putSync(`key ${index}`, value);
  for (let turns = 0; turns < 100; turns += 1) await machine.turn();
  engine.closeSync();
  const { recovery } = machine.open().stats();
  expect(recovery.checkpointId).toBeGreaterThan(0);
  expect(recovery.records).toBeLessThan(3 * 1024);
});

test('a failure is told to who asked, and the engine goes on', async () => {
  await settled(engine.put('key', '1'));
  machine.faults.plan({ at: 1, kinds: ['create'], code: 'ENOSPC' });
  expect(await resultOf(settled(engine.checkpoint()))).toBe('STORAGE_NO_SPACE');
  await settled(engine.put('key', '2'));
  expect((await settled(engine.checkpoint())).keys).toBe(1);
});

test('an engine that is closed meanwhile says so, and leaves no file', async () => {
  engine.putSync('key', '1');
  const promised = resultOf(engine.checkpoint());
  await machine.turn();
  engine.closeSync();
  expect(await promised).toBe('ENGINE_CLOSED');
  expect(await resultOf(engine.checkpoint())).toBe('ENGINE_CLOSED');
  expect(machine.open().stats().recovery).toMatchObject({ clean: true, orphans: 0, checkpointId: 0 });
});

test('an engine that only reads makes none', async () => {
  engine.putSync('key', '1');
  engine.closeSync();
  const reader = machine.open({ readOnly: true });
  expect(await resultOf(reader.checkpoint())).toBe('STORAGE_READ_ONLY');
});
