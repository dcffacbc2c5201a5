/**
 * Proves that an engine opened for reading sees the store as it is, beside a writer or after a crash, refuses every
 * write whatever it would come to, and changes nothing on disk.
 */

import { beforeEach, expect, test } from 'vitest';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text, texts } from '../text.ts';

let machine: SimulatedMachine;

beforeEach(() => {
  machine = new SimulatedMachine();
  const engine = machine.open();
  engine.putSync('k', 'v');
  engine.putSync('gone', '');
  engine.deleteSync('gone');
  engine.closeSync();
});

test('it reads what there is and writes nothing, not even on close', async () => {
  const changing = [
    'create',
    'write',
    'truncate',
    'sync',
    'syncDirectory',
    'remove',
    'lock',
    'makeDirectory',
  ] as const;
  const before = changing.map((kind) => machine.calls(kind));
  const reader = machine.open({ readOnly: true });
  expect(text(reader.get('k'))).toBe('v');
  expect(texts(reader.keys())).toEqual(['k']);
  expect(reader.size).toBe(1);
  await reader.flush();
  await reader.durable(reader.latestSequence());
  await reader.close();
  expect(changing.map((kind) => machine.calls(kind))).toEqual(before);
});

test('it refuses every write, also one that would change nothing', async () => {
  const reader = machine.open({ readOnly: true });
  const refused = [
    () => reader.putSync('k', 'other'),
    () => reader.putSync('k', 'other', { ifAbsent: true }),
    () => reader.deleteSync('k'),
    () => reader.deleteSync('absent'),
    () => reader.submitSync({ type: 'set', key: 'k', value: '', version: 1 }),
    () => reader.submitBatchSync([]),
  ];
  for (const call of refused) expect(resultOfSync<unknown>(call)).toBe('STORAGE_READ_ONLY');
  expect(await resultOf(reader.put('k', 'other'))).toBe('STORAGE_READ_ONLY');
  expect(await resultOf(reader.delete('absent'))).toBe('STORAGE_READ_ONLY');
  expect(text(reader.get('k'))).toBe('v');
  await reader.close();
});

test('it needs no lock, so it opens beside a writer and sees what was written by then', () => {
  const writer = machine.open();
  writer.putSync('beside', 'written', { durability: 'os' });
  const reader = machine.open({ readOnly: true });
  expect(text(reader.get('beside'))).toBe('written');
  writer.putSync('later', '', { durability: 'os' });
  expect(reader.has('later')).toBe(false);
  writer.closeSync();
  reader.closeSync();
});

test('it opens a store that was not closed, and leaves the repair to a writer', () => {
  const writer = machine.open();
  writer.putSync('os', '', { durability: 'os' });
  const killed = machine.afterKill();
  const names = killed.disk.list('/data/store');
  const reader = killed.open({ readOnly: true });
  expect(texts(reader.keys())).toEqual(['k', 'os']);
  expect(reader.stats().recovery).toMatchObject({ clean: false, rewrittenGroups: 0 });
  reader.closeSync();
  expect(killed.disk.list('/data/store')).toEqual(names);
  const next = killed.open();
  expect(texts(next.keys())).toEqual(['k', 'os']);
  expect(next.stats().recovery.clean).toBe(false);
  next.closeSync();
});
