/**
 * Proves what a failed write or sync of the log does: whoever waited hears that nobody knows, later writes are
 * refused as not committed, reads go on, nobody waits for ever, and opening again yields a store that works. The
 * disk fails on request.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import type { SingleNodeEngine } from '@htkv/engine';

import { resultOf, resultOfSync } from '../result-of.ts';
import { continuations, SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ isManual: true });
  engine = machine.open();
  engine.putSync('old', 'value', { durability: 'disk' });
});

describe.for(['write', 'sync'] as const)('a %s that fails', (kind) => {
  test('leaves all who waited for the group in doubt, and later writes uncommitted', async () => {
    const group = [engine.put('a', '1'), engine.put('b', '2', { durability: 'os' }), engine.delete('old')];
    machine.faults.plan({ at: 1, kinds: [kind] });
    const results = Promise.all(group.map(resultOf));
    await machine.turn();
    expect(await results).toEqual(Array(3).fill('ENGINE_COMMIT_UNKNOWN'));
    machine.faults.heal();

    expect(await resultOf(engine.put('c', '3'))).toBe('ENGINE_POISONED');
    expect(resultOfSync(() => engine.putSync('c', '3'))).toBe('ENGINE_POISONED');
    expect(resultOfSync(() => engine.deleteSync('a'))).toBe('ENGINE_POISONED');
    expect(resultOfSync(() => engine.submitBatchSync([]))).toBe('ENGINE_POISONED');
    expect(engine.has('c')).toBe(false);
  });

  test('keeps its cause', async () => {
    const put = engine.put('a', '1');
    put.catch(() => {});
    machine.faults.plan({ at: 1, kinds: [kind] });
    await machine.turn();
    const io = { code: 'STORAGE_IO', cause: { code: 'EIO' } };
    await expect(put).rejects.toMatchObject({ code: 'ENGINE_COMMIT_UNKNOWN', cause: io });
    const refusal = { code: 'ENGINE_POISONED', cause: { code: 'STORAGE_POISONED', cause: io } };
    await expect(engine.put('b', '2')).rejects.toMatchObject(refusal);
  });

  test('is not tried again: flush and durable go on to fail, close gives the directory back', async () => {
    engine.putSync('a', '1');
    const sequence = engine.latestSequence();
    machine.faults.plan({ at: 1, kinds: [kind] });
    expect(await resultOf(afterTurn(engine.flush()))).toBe('ENGINE_COMMIT_UNKNOWN');
    machine.faults.heal();
    const syncs = machine.calls('sync');
    expect(await resultOf(engine.flush())).toBe('ENGINE_COMMIT_UNKNOWN');
    expect(await resultOf(engine.durable(sequence))).toBe('ENGINE_COMMIT_UNKNOWN');
    await expect(engine.durable(sequence - 1)).resolves.toBeUndefined();
    expect(machine.calls('sync')).toBe(syncs);
    await resultOf(engine.close());
    expect(machine.disk.lockCount).toBe(0);
    expect(machine.disk.openFileCount).toBe(0);
  });

  test('leaves reads as they were, and a store that opens', async () => {
    const put = engine.put('new', 'value');
    put.catch(() => {});
    machine.faults.plan({ at: 1, kinds: [kind] });
    await machine.turn();
    machine.faults.heal();
    expect(text(engine.get('old'))).toBe('value');
    expect(engine.keys().toArray()).toHaveLength(2);
    expect(engine.size).toBe(2);
    await engine.close();

    const reopened = machine.open();
    expect(text(reopened.get('old'))).toBe('value');
    expect(['value', undefined]).toContain(text(reopened.get('new')));
    expect(reopened.putSync('new', 'again', { durability: 'disk' })).toBe('applied');
    await reopened.close();
  });
});

test.for(['memory', 'os'] as const)(
  'a write at level %s is told to the next who asks',
  async (durability) => {
    engine.putSync('a', '1', { durability });
    machine.faults.plan({ at: 1, kinds: ['sync'] });
    machine.advance(25);
    expect(await resultOf(engine.close())).toBe('ENGINE_COMMIT_UNKNOWN');
    // Once.
    await expect(engine.close()).resolves.toBeUndefined();
  },
);

test('close says nothing where all who lost something were told', async () => {
  const put = resultOf(engine.put('a', '1'));
  machine.faults.plan({ at: 1, kinds: ['sync'] });
  await machine.turn();
  expect(await put).toBe('ENGINE_COMMIT_UNKNOWN');
  // No timer is left that would try again and have somebody else to tell.
  machine.advance(1_000);
  expect(machine.timers).toBe(0);
  await expect(engine.close()).resolves.toBeUndefined();
});

test('who asks a poisoned engine and then closes it hears of it, too', async () => {
  engine.put('a', '1').catch(() => {});
  machine.faults.plan({ at: 1, kinds: ['sync'] });
  await machine.turn();
  const flushed = resultOf(engine.flush());
  await resultOf(engine.close());
  await machine.turn();
  expect(await flushed).toBe('ENGINE_COMMIT_UNKNOWN');
});

test('a group that fails with nobody waiting leaves no rejection unhandled', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const put = resultOf(engine.put('a', '1'));
  const flushed = resultOf(engine.flush());
  engine.putSync('b', '2');
  machine.faults.plan({ at: 1, kinds: ['sync'] });
  await machine.turn();
  await Promise.all([put, flushed]);
  await continuations();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('a segment that cannot be created refuses the write that needed it; what was before is safe', async () => {
  const small = machine.afterPowerLoss();
  const rotating = small.open({ maxSegmentSize: 4096 });
  const group = ['a', 'b', 'c'].map((key) => resultOf(rotating.put(key, new Uint8Array(1000))));
  small.faults.plan({ at: 1, kinds: ['create'] });
  const refused = resultOf(rotating.put('d', new Uint8Array(1000)));
  await small.turn();
  expect(await refused).toBe('ENGINE_POISONED');
  expect(await Promise.all(group)).toEqual(['applied', 'applied', 'applied']);
  await expect(rotating.flush()).resolves.toBeUndefined();
  await rotating.close();

  const reopened = small.afterPowerLoss().open();
  expect(['a', 'b', 'c', 'd'].map((key) => reopened.has(key))).toEqual([true, true, true, false]);
});

test('a record that cannot be read fails the write that needed it and poisons nothing', async () => {
  await engine.close();
  engine = machine.open();
  machine.faults.plan({ at: 1, kinds: ['open', 'read'] });
  expect(resultOfSync(() => engine.putSync('old', 'other'))).toBe('STORAGE_IO');
  expect(engine.putSync('old', 'other')).toBe('applied');
  await engine.close();
});

/** Lets the group of a promise be committed before it is awaited. */
async function afterTurn<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  await machine.turn();
  return promise;
}
