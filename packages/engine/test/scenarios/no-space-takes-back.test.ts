/**
 * Proves what a full device does: what has no room is refused as not committed and taken back, nothing else is, all
 * who are concerned hear of it, and the engine goes on as soon as there is room. The disk is full on request.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import type { SingleNodeEngine } from '@htkv/engine';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text, texts } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ isManual: true });
  engine = machine.open();
  engine.putSync('old', 'value', { durability: 'disk' });
});

/** The next write finds no room. */
function fillOnce(): void {
  machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
}

describe.for(['ENOSPC', 'EFBIG'])('a write that ends with %s', (code) => {
  test('takes back the whole group, and later writes are taken again', async () => {
    const group = [engine.put('a', '1'), engine.put('old', 'newer'), engine.delete('old')];
    machine.faults.plan({ at: 1, kinds: ['write'], code, effect: 'prefix' });
    const results = Promise.all(group.map(resultOf));
    await machine.turn();
    expect(await results).toEqual(Array(3).fill('STORAGE_NO_SPACE'));
    expect(engine.has('a')).toBe(false);
    expect(text(engine.get('old'))).toBe('value');
    expect(engine.size).toBe(1);

    const put = engine.put('b', '2');
    await machine.turn();
    expect(await put).toBe('applied');
    const reopened = machine.afterPowerLoss().open();
    expect(texts(reopened.keys())).toEqual(['b', 'old']);
  });
});

test('a device that stays full refuses every write, and reads go on', async () => {
  machine.faults.plan({ at: 1, kinds: ['write', 'create'], code: 'ENOSPC', isSticky: true });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(resultOfSync(() => engine.putSync('a', '1', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
    expect(text(engine.get('old'))).toBe('value');
  }
  machine.faults.heal();
  expect(engine.putSync('a', '1', { durability: 'disk' })).toBe('applied');
  await engine.close();
  expect(texts(machine.open().keys())).toEqual(['a', 'old']);
});

test('a write that nobody waited for is told by flush, though others in its group were told', async () => {
  engine.putSync('a', '1');
  const put = resultOf(engine.put('b', '2'));
  fillOnce();
  await machine.turn();
  expect(await put).toBe('STORAGE_NO_SPACE');
  expect(await resultOf(engine.flush())).toBe('STORAGE_NO_SPACE');
  await expect(engine.flush()).resolves.toBeUndefined();
});

test('flush and close say nothing where all who lost something were told', async () => {
  const put = resultOf(engine.put('b', '2'));
  fillOnce();
  await machine.turn();
  expect(await put).toBe('STORAGE_NO_SPACE');
  await expect(engine.flush()).resolves.toBeUndefined();
  await expect(engine.close()).resolves.toBeUndefined();
});

test('a flush that reports a loss has made the rest durable', async () => {
  engine.putSync('lost', '1');
  fillOnce();
  machine.advance(25);
  engine.putSync('kept', '2');
  const flushed = resultOf(engine.flush());
  await machine.turn();
  expect(await flushed).toBe('STORAGE_NO_SPACE');
  expect(texts(machine.afterPowerLoss().open().keys())).toEqual(['kept', 'old']);
});

test('close reports a loss that nobody was told', async () => {
  engine.putSync('lost', '1');
  fillOnce();
  machine.advance(25);
  expect(await resultOf(engine.close())).toBe('STORAGE_NO_SPACE');
  expect(machine.disk.lockCount).toBe(0);
});

test('durable never resolves for a write that was taken back, whatever is written later', async () => {
  engine.putSync('a', '1');
  const lost = engine.latestSequence();
  fillOnce();
  expect(resultOfSync(() => engine.putSync('b', '2', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
  engine.putSync('c', '3', { durability: 'disk' });
  expect(await resultOf(engine.durable(lost))).toBe('STORAGE_NO_SPACE');
  expect(await resultOf(engine.durable(lost + 1))).toBe('STORAGE_NO_SPACE');
  await expect(engine.durable(lost - 1)).resolves.toBeUndefined();
  await expect(engine.durable(engine.latestSequence())).resolves.toBeUndefined();
});

test('what a full segment made durable on the way is not taken for lost', async () => {
  await engine.close();
  engine = machine.open({ maxSegmentSize: 4096 });
  const keys = Array.from({ length: 6 }, (_, index) => `key ${index}`);
  const puts = keys.map((key) => resultOf(engine.put(key, new Uint8Array(1000))));
  fillOnce();
  await machine.turn();
  const results = await Promise.all(puts);
  expect(results).toContain('applied');
  expect(results).toContain('STORAGE_NO_SPACE');
  expect(keys.map((key) => engine.has(key))).toEqual(results.map((result) => result === 'applied'));
  const reopened = machine.afterPowerLoss().open();
  expect(keys.map((key) => reopened.has(key))).toEqual(results.map((result) => result === 'applied'));
});

test('who waits for the disk is not told of a loss that came after the write was in the file', async () => {
  const before = resultOf(engine.put('a', '1'));
  engine.putSync('b', '2', { durability: 'os' });
  const after = resultOf(engine.put('c', '3'));
  fillOnce();
  await machine.turn();
  expect([await before, await after]).toEqual(['applied', 'STORAGE_NO_SPACE']);
  expect(texts(machine.afterPowerLoss().open().keys())).toEqual(['a', 'b', 'old']);
});

test('no room for the next segment refuses the write that needed it and takes back nothing', async () => {
  await engine.close();
  engine = machine.open({ maxSegmentSize: 4096 });
  const puts = ['a', 'b', 'c'].map((key) => resultOf(engine.put(key, new Uint8Array(1000))));
  machine.faults.plan({ at: 1, kinds: ['create'], code: 'ENOSPC' });
  const refused = resultOf(engine.put('d', new Uint8Array(1000)));
  await machine.turn();
  expect(await refused).toBe('STORAGE_NO_SPACE');
  expect(await Promise.all(puts)).toEqual(['applied', 'applied', 'applied']);
  expect(engine.putSync('d', 'smaller', { durability: 'disk' })).toBe('applied');
  expect(texts(machine.afterPowerLoss().open().keys())).toEqual(['a', 'b', 'c', 'd', 'old']);
});

test('keys whose only write was taken back leave no trace in ranges, sizes and snapshots', () => {
  expect(texts(engine.keys())).toEqual(['old']);
  engine.putSync('a', '1', { ttl: 10 });
  fillOnce();
  expect(resultOfSync(() => engine.putSync('b', '2', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
  machine.advance(20);
  expect(texts(engine.keys())).toEqual(['old']);
  expect(engine.getPrefix('')).toHaveLength(1);
  expect(engine.size).toBe(1);
  expect(engine.snapshotState().size).toBe(1);
});

test('no room for a value with a file of its own leaves no file behind', async () => {
  const large = new Uint8Array(1024 * 1024);
  const names = machine.disk.list('/data/store').length;
  machine.faults.plan({ at: 2, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
  expect(await resultOf(engine.put('large', large))).toBe('STORAGE_NO_SPACE');
  expect(machine.disk.list('/data/store')).toHaveLength(names);
  const put = resultOf(engine.put('large', large));
  await machine.turn();
  expect(await put).toBe('applied');
});
