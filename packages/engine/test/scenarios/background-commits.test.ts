/**
 * Proves that nothing changes for users where a thread of its own writes commit groups out: who waits hears when
 * their group has landed and not before, writes go on meanwhile, a failure is told to all whom it concerns, and
 * nobody waits for ever. The thread is simulated and takes as long as the test wants.
 */

import type { SingleNodeEngine } from '@htkv/engine';
import { beforeEach, describe, expect, test } from 'vitest';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { texts } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;
/** What the thread says when somebody looks whether its group has landed. */
let hasLanded: boolean;

beforeEach(() => {
  hasLanded = false;
  machine = new SimulatedMachine({ isManual: true, hasLanded: () => hasLanded });
  engine = machine.open();
  // An engine that makes only a few commits does not start a thread.
  for (let index = 0; index < 20; index += 1) engine.putSync('old', `${index}`, { durability: 'disk' });
});

const durableKeys = (): string[] => texts(machine.afterPowerLoss().open().keys());

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const nothing = {};
  const first = await Promise.race([resultOf(promise), Promise.resolve(nothing).then((each) => each)]);
  return first !== nothing;
}

test('a promise resolves when its group has landed, and writes go on meanwhile', async () => {
  const first = engine.put('first', '1');
  await machine.turn();
  expect(machine.runner?.isRunning).toBe(true);
  expect(await isSettled(first)).toBe(false);
  const second = engine.put('second', '2');
  expect(engine.putSync('memory', '3')).toBe('applied');
  await machine.turn();
  expect(durableKeys()).toEqual(['old']);

  machine.runner!.land();
  expect(await first).toBe('applied');
  expect(durableKeys()).toEqual(['first', 'old']);
  await machine.turn();
  expect(await isSettled(second)).toBe(false);
  machine.runner!.land();
  expect(await second).toBe('applied');
  expect(durableKeys()).toEqual(['first', 'memory', 'old', 'second']);
});

test('a group that nobody waits for is as bounded in time as without a thread', async () => {
  engine.putSync('first', '');
  machine.advance(25);
  expect(machine.runner?.isRunning).toBe(true);
  engine.putSync('second', '');
  machine.runner!.land();
  expect(durableKeys()).toEqual(['first', 'old']);
  machine.advance(25);
  machine.runner!.land();
  expect(durableKeys()).toEqual(['first', 'old', 'second']);
  await machine.settle();
  expect(machine.timers).toBe(0);
});

test.for(['disk', 'os'] as const)(
  'putSync at level %s waits for the group before it, and for its own',
  async (level) => {
    const first = resultOf(engine.put('first', ''));
    await machine.turn();
    engine.putSync('second', '', { durability: level });
    expect(await first).toBe('applied');
    const after = level === 'disk' ? machine.afterPowerLoss() : machine.afterKill();
    expect(texts(after.open().keys())).toEqual(['first', 'old', 'second']);
  },
);

test('flush, durable and close wait for the group that is under way', async () => {
  engine.put('first', '').catch(() => {});
  await machine.turn();
  const sequence = engine.latestSequence();
  const waiting = [engine.flush(), engine.durable(sequence)];
  await machine.turn();
  for (const promise of waiting) expect(await isSettled(promise)).toBe(false);
  await machine.settle();
  await Promise.all(waiting);
  expect(durableKeys()).toEqual(['first', 'old']);

  const last = engine.put('last', '');
  await machine.turn();
  await engine.close();
  expect(await last).toBe('applied');
  expect(machine.runner?.isClosed).toBe(true);
  expect(durableKeys()).toEqual(['first', 'last', 'old']);
});

describe('a group that does not land well', () => {
  test('for want of room takes back what is younger, too', async () => {
    const first = resultOf(engine.put('first', ''));
    await machine.turn();
    const second = resultOf(engine.put('second', ''));
    engine.putSync('memory', '');
    machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
    machine.runner!.land();
    expect([await first, await second]).toEqual(['STORAGE_NO_SPACE', 'STORAGE_NO_SPACE']);
    expect(texts(engine.keys())).toEqual(['old']);
    expect(await resultOf(engine.flush())).toBe('STORAGE_NO_SPACE');
    expect(engine.putSync('again', '', { durability: 'disk' })).toBe('applied');
    expect(durableKeys()).toEqual(['again', 'old']);
  });

  test('for another reason leaves all in doubt and later writes uncommitted', async () => {
    const first = resultOf(engine.put('first', ''));
    await machine.turn();
    const second = resultOf(engine.put('second', ''));
    machine.faults.plan({ at: 1, kinds: ['sync'] });
    machine.runner!.land();
    expect([await first, await second]).toEqual(['ENGINE_COMMIT_UNKNOWN', 'ENGINE_COMMIT_UNKNOWN']);
    expect(await resultOf(engine.put('third', ''))).toBe('ENGINE_POISONED');
    await machine.settle();
    expect(machine.timers).toBe(0);
    await expect(engine.close()).resolves.toBeUndefined();
  });

  test.for(['disk', 'os', 'memory'] as const)(
    'refuses the putSync at level %s that met it, or tells later',
    async (level) => {
      const first = resultOf(engine.put('first', ''));
      await machine.turn();
      machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
      hasLanded = true;
      const result = resultOfSync(() => engine.putSync('second', '', { durability: level }));
      expect(await first).toBe('STORAGE_NO_SPACE');
      expect(engine.has('second')).toBe(false);
      expect(result).toBe(level === 'memory' ? 'applied' : 'STORAGE_NO_SPACE');
      const flushed = resultOf(engine.flush());
      await machine.settle();
      expect(await flushed).toBe(level === 'memory' ? 'STORAGE_NO_SPACE' : undefined);
    },
  );
});

test('a value that finds no room takes back what is younger than the group under way, and not that group', async () => {
  const first = resultOf(engine.put('first', ''));
  await machine.turn();
  const second = resultOf(engine.put('second', ''));
  machine.faults.plan({ at: 2, kinds: ['write'], code: 'ENOSPC' });
  expect(await resultOf(engine.put('large', new Uint8Array(1_000_000)))).toBe('STORAGE_NO_SPACE');
  await machine.settle();
  expect([await first, await second]).toEqual(['applied', 'STORAGE_NO_SPACE']);
  expect(texts(engine.keys())).toEqual(['first', 'old']);
});

test('an engine that is poisoned and closed while a group is under way settles who waits for it', async () => {
  const first = resultOf(engine.put('first', ''));
  await machine.turn();
  machine.faults.plan({ at: 2, kinds: ['write'] });
  const second = resultOf(engine.put('large', new Uint8Array(1_000_000)));
  await resultOf(engine.close());
  await machine.turn();
  expect(['applied', 'ENGINE_COMMIT_UNKNOWN']).toContain(await first);
  expect(await second).not.toBe('applied');
  expect(machine.disk.openFileCount).toBe(0);
  expect(machine.disk.lockCount).toBe(0);
});

test('a segment that is full waits for its last group, and all before the next is durable', async () => {
  await engine.close();
  engine = machine.open({ maxSegmentSize: 20_000 });
  for (let index = 0; index < 20; index += 1) engine.putSync('old', '', { durability: 'disk' });
  const puts: Promise<string>[] = [];
  for (let index = 0; index < 60; index += 1) {
    puts.push(resultOf(engine.put(`key ${String(index).padStart(2, '0')}`, new Uint8Array(1_000))));
    if (index % 7 === 0) await machine.turn();
  }
  await machine.settle();
  expect(new Set(await Promise.all(puts))).toEqual(new Set(['applied']));
  expect(durableKeys()).toHaveLength(61);
});
