/**
 * Proves that writes which wait at the same time become durable together, by one write and one sync, and that a
 * promise resolves at its level and not before: by looking at the disk between the steps of the engine.
 */

import type { SingleNodeEngine } from '@htkv/engine';
import { beforeEach, describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { texts } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ isManual: true });
  engine = machine.open();
  // The first write creates the first segment; what follows only appends to it.
  engine.putSync('first', '', { durability: 'disk' });
});

const afterPowerLoss = (): string[] => texts(machine.afterPowerLoss().open().keys());
const afterKill = (): string[] => texts(machine.afterKill().open().keys());

test('all that is written in one turn is one group: one write, one sync, one moment', async () => {
  const [writes, syncs] = [machine.calls('write'), machine.calls('sync')];
  const resolved: string[] = [];
  const promises = Array.from({ length: 1_000 }, (_, index) =>
    engine.put(`${index}`, '').then(() => resolved.push(`${index}`)),
  );
  promises.push(engine.delete('first').then(() => resolved.push('delete')));
  const batch = [{ type: 'set', key: 'batch', value: '' } as const];
  promises.push(engine.submitBatch(batch).then(() => resolved.push('batch')));
  promises.push(engine.flush().then(() => resolved.push('flush')));
  expect(machine.tasks).toBe(1);
  expect(machine.calls('write')).toBe(writes);
  await Promise.resolve();
  expect(resolved).toEqual([]);
  await machine.turn();
  expect(resolved).toHaveLength(1_003);
  expect(machine.calls('write')).toBe(writes + 1);
  expect(machine.calls('sync')).toBe(syncs + 1);
  await Promise.all(promises);
});

test('writes are visible at once and durable when their promise resolves', async () => {
  const put = engine.put('k', 'v');
  expect(engine.has('k')).toBe(true);
  expect(afterPowerLoss()).toEqual(['first']);
  let isResolved = false;
  void put.then(() => (isResolved = true));
  await Promise.resolve();
  expect(isResolved).toBe(false);
  await machine.turn();
  expect(isResolved).toBe(true);
  expect(afterPowerLoss()).toEqual(['first', 'k']);
});

test('what continuations of one group write is the next group', async () => {
  const syncs = machine.calls('sync');
  let writers = 0;
  const chains = Array.from({ length: 10 }, async (_, index) => {
    for (let step = 0; step < 3; step += 1) await engine.put(`${index} ${step}`, '');
    writers += 1;
  });
  for (let turn = 0; turn < 3; turn += 1) await machine.turn();
  await Promise.all(chains);
  expect(writers).toBe(10);
  expect(machine.calls('sync')).toBe(syncs + 3);
});

test('a write that comes to nothing waits for what it saw, and for nothing if that is durable', async () => {
  const syncs = machine.calls('sync');
  await engine.put('first', '', { ifAbsent: true });
  expect(machine.calls('sync')).toBe(syncs);
  engine.putSync('memory', '');
  const put = engine.put('memory', '', { ifAbsent: true });
  expect(afterPowerLoss()).toEqual(['first']);
  await machine.turn();
  expect(await put).toBe('conflict');
  expect(afterPowerLoss()).toEqual(['first', 'memory']);
});

describe('levels of durability', () => {
  test('memory resolves at once; a crash of the process or of the machine takes it back', async () => {
    expect(await engine.put('k', '', { durability: 'memory' })).toBe('applied');
    expect(engine.has('k')).toBe(true);
    expect(afterKill()).toEqual(['first']);
    expect(afterPowerLoss()).toEqual(['first']);
  });

  test('os resolves when the write is in the file; only a crash of the machine takes it back', async () => {
    const syncs = machine.calls('sync');
    const put = engine.put('k', '', { durability: 'os' });
    expect(afterKill()).toEqual(['first']);
    await machine.turn();
    expect(await put).toBe('applied');
    expect(machine.calls('sync')).toBe(syncs);
    expect(afterKill()).toEqual(['first', 'k']);
    expect(afterPowerLoss()).toEqual(['first']);
  });

  test('disk resolves when the write is synced; nothing takes it back', async () => {
    const put = engine.put('k', '', { durability: 'disk' });
    await machine.turn();
    expect(await put).toBe('applied');
    expect(afterKill()).toEqual(['first', 'k']);
    expect(afterPowerLoss()).toEqual(['first', 'k']);
  });

  test('one group serves all levels that wait for it', async () => {
    const [writes, syncs] = [machine.calls('write'), machine.calls('sync')];
    const puts = (['os', 'disk', 'memory', 'os'] as const).map((durability, index) =>
      engine.put(`${index}`, '', { durability }),
    );
    await machine.turn();
    await Promise.all(puts);
    expect([machine.calls('write'), machine.calls('sync')]).toEqual([writes + 1, syncs + 1]);
    expect(afterPowerLoss()).toHaveLength(5);
  });

  test.for([
    ['memory', []],
    ['os', ['k']],
    ['disk', ['k']],
  ] as const)(
    'the configured level %s is that of promises, and not that of calls that return',
    async ([level, kept]) => {
      const other = new SimulatedMachine({ isManual: true });
      const configured = other.open({ durability: level });
      configured.putSync('sync', '');
      expect(texts(other.afterKill().open().keys())).toEqual([]);
      await other.turn();
      const fresh = new SimulatedMachine({ isManual: true });
      const put = fresh.open({ durability: level }).put('k', '');
      await fresh.turn();
      expect(await put).toBe('applied');
      expect(texts(fresh.afterKill().open().keys())).toEqual(kept);
      expect(texts(fresh.afterPowerLoss().open().keys())).toEqual(level === 'disk' ? ['k'] : []);
    },
  );

  test.for(['putSync', 'deleteSync', 'submitSync', 'submitBatchSync'] as const)(
    '%s reaches its level before it returns',
    (call) => {
      const write = (durability: 'os' | 'disk'): void => {
        if (call === 'putSync') engine.putSync('first', 'new', { durability });
        if (call === 'deleteSync') engine.deleteSync('first', { durability });
        const command = { type: 'delete', key: 'first' } as const;
        if (call === 'submitSync') engine.submitSync(command, { durability });
        if (call === 'submitBatchSync') engine.submitBatchSync([command], { durability });
      };
      const before = engine.latestSequence();
      write('os');
      expect(machine.afterKill().open().latestSequence()).toBe(before + 1);
      expect(machine.afterPowerLoss().open().latestSequence()).toBe(before);
      engine.putSync('first', 'again');
      write('disk');
      expect(machine.afterPowerLoss().open().latestSequence()).toBe(before + 3);
    },
  );
});
