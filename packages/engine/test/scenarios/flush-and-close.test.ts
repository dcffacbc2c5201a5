/**
 * Proves what `flush`, `durable` and `close` promise: everything accepted before them is on disk when they resolve,
 * they cost nothing where there is nothing to do, a closed engine says so to every call, and its directory is free.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SingleNodeEngine } from '@htkv/engine';
import { beforeEach, expect, test } from 'vitest';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text, texts } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ isManual: true });
  engine = machine.open();
});

const durableKeys = (): string[] => texts(machine.afterPowerLoss().open().keys());

test('flush makes durable what was written before, at every level', async () => {
  engine.putSync('memory', '');
  engine.putSync('os', '', { durability: 'os' });
  const promised = engine.put('promised', '');
  const flushed = engine.flush();
  await machine.turn();
  await flushed;
  expect(durableKeys()).toEqual(['memory', 'os', 'promised']);
  await promised;
});

test('flush of nothing makes no call to the disk', async () => {
  const { calls } = machine.faults;
  await engine.flush();
  expect(machine.faults.calls).toBe(calls);
});

test('durable waits for its place in the commit order and no longer', async () => {
  engine.putSync('a', '');
  const first = engine.latestSequence();
  const [flushed] = [engine.durable(first)];
  await machine.turn();
  await flushed;
  engine.putSync('b', '');
  const { calls } = machine.faults;
  await engine.durable(first);
  await engine.durable(0);
  expect(machine.faults.calls).toBe(calls);
  const second = engine.durable(engine.latestSequence());
  await machine.turn();
  await second;
  expect(durableKeys()).toEqual(['a', 'b']);
});

test('durable refuses a place that nothing has yet', async () => {
  expect(await resultOf(engine.durable(1))).toBe('VALIDATION_RANGE');
});

test('close makes everything durable and settles those who wait', async () => {
  const puts = [engine.put('a', '1'), engine.put('b', '2', { durability: 'os' })];
  engine.putSync('c', '3');
  await engine.close();
  expect(await Promise.all(puts)).toEqual(['applied', 'applied']);
  expect(machine.timers).toBe(0);
  expect(durableKeys()).toEqual(['a', 'b', 'c']);
  await machine.turn();
});

test('close is idempotent in all its forms, and gives back the directory and all files', async () => {
  engine.putSync('k', new Uint8Array(300_000));
  await Promise.all([engine.close(), engine.close()]);
  await engine.close();
  engine.closeSync();
  await engine[Symbol.asyncDispose]();
  expect(machine.disk.openFileCount).toBe(0);
  expect(machine.disk.lockCount).toBe(0);
  const { calls } = machine.faults;
  await engine.close();
  expect(machine.faults.calls).toBe(calls);
  await machine.open().close();
});

test('disposing is closing', async () => {
  engine.putSync('k', 'v');
  await engine[Symbol.asyncDispose]();
  expect(durableKeys()).toEqual(['k']);
  expect(resultOfSync(() => engine.get('k'))).toBe('ENGINE_CLOSED');
});

test('a store that was closed opens clean, without anything to repair', async () => {
  engine.putSync('k', 'v');
  await engine.close();
  engine = machine.open();
  expect(engine.stats().recovery).toMatchObject({
    clean: true,
    tornBytes: 0,
    rewrittenGroups: 0,
    orphans: 0,
  });
  expect(text(engine.get('k'))).toBe('v');
  engine = machine.afterKill().open();
  expect(engine.stats().recovery.clean).toBe(true);
});

test('every call of a closed engine says ENGINE_CLOSED', async () => {
  await engine.close();
  const command = { type: 'set', key: 'k', value: 'v' } as const;
  const throwing: Readonly<Record<string, () => unknown>> = {
    get: () => engine.get('k'),
    has: () => engine.has('k'),
    getEntry: () => engine.getEntry('k'),
    getPrefix: () => engine.getPrefix(''),
    entries: () => engine.entries(),
    keys: () => engine.keys(),
    values: () => engine.values(),
    count: () => engine.count(),
    size: () => engine.size,
    getInto: () => engine.getInto('k', new Uint8Array(1)),
    getString: () => engine.getString('k'),
    getMany: () => engine.getMany(['k']),
    putManySync: () => engine.putManySync([['k', 'v']]),
    incrementSync: () => engine.incrementSync('k'),
    updateSync: () => engine.updateSync('k', 'v'),
    transactionSync: () => engine.transactionSync(() => undefined),
    consumeSync: () => engine.consumeSync('k'),
    clearSync: () => engine.clearSync(),
    snapshot: () => engine.snapshot(),
    readWith: () => engine.readWith(() => undefined),
    putSync: () => engine.putSync('k', 'v'),
    deleteSync: () => engine.deleteSync('k'),
    submitSync: () => engine.submitSync(command),
    submitBatchSync: () => engine.submitBatchSync([command]),
    latestSequence: () => engine.latestSequence(),
    latestVersion: () => engine.latestVersion(),
    snapshotState: () => engine.snapshotState(),
    watch: () => engine.watch(),
    commitLog: () => engine.commitLog.read(),
    stats: () => engine.stats(),
    share: () => engine.share(),
  };
  const rejecting: Readonly<Record<string, () => Promise<unknown>>> = {
    put: () => engine.put('k', 'v'),
    delete: () => engine.delete('k'),
    submit: () => engine.submit(command),
    submitBatch: () => engine.submitBatch([command]),
    putMany: () => engine.putMany([['k', 'v']]),
    increment: () => engine.increment('k'),
    update: () => engine.update('k', 'v'),
    transaction: () => engine.transaction(() => undefined),
    consume: () => engine.consume('k'),
    clear: () => engine.clear(),
    flush: () => engine.flush(),
    durable: () => engine.durable(0),
    takeSnapshot: () => engine.takeSnapshot(),
    installSnapshot: () => engine.installSnapshot([]),
    verify: () => engine.verify(),
    checkpoint: () => engine.checkpoint(),
    runCompactionNow: () => engine.runCompactionNow(),
  };
  for (const [name, call] of Object.entries(throwing)) expect(resultOfSync(call), name).toBe('ENGINE_CLOSED');
  for (const [name, call] of Object.entries(rejecting))
    expect(await resultOf(call()), name).toBe('ENGINE_CLOSED');
  // The list is complete: whoever adds a call adds it here.
  const closing = ['close', 'closeSync'];
  const internal = new Set(['constructor', 'inTurn', 'now', 'apply', 'commitSync']);
  const names = new Set<string>();
  let prototype = SingleNodeEngine.prototype as object;
  for (; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype) as object) {
    for (const name of Object.getOwnPropertyNames(prototype)) if (!internal.has(name)) names.add(name);
  }
  expect([...names].toSorted()).toEqual(
    [...Object.keys(throwing), ...Object.keys(rejecting), ...closing].toSorted(),
  );
});

test('in a real directory and with the real event loop', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-close-'));
  try {
    const dataDir = join(directory, 'deep', 'store');
    const real = await SingleNodeEngine.open({ dataDir });
    const puts = Array.from({ length: 200 }, (_, index) => real.put(`${index}`, 'v'));
    expect(new Set(await Promise.all(puts))).toEqual(new Set(['applied']));
    expect(real.stats().commits).toBeLessThan(10);
    real.putSync('sync', 'v');
    await real.flush();
    expect(real.stats().durableSequence).toBe(201);
    await real.close();
    const reopened = SingleNodeEngine.openSync({ dataDir });
    expect(reopened.size).toBe(201);
    await reopened.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
