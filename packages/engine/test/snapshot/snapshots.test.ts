/**
 * Proves what a snapshot of an engine promises to its user: all reads are of one place in the commit order, with the
 * time and the count of that moment, whatever is written meanwhile; and what it says when it is used too late.
 */
import { errorCode, type KvSnapshot, type SingleNodeEngine } from '@htkv/engine';
import { beforeEach, expect, test } from 'vitest';

import { errorOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text, textEntries, texts } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ now: 1_000 });
  engine = machine.open();
  engine.putSync('a', '1');
  engine.putSync('b', '2');
  engine.putSync('c', '3');
  engine.deleteSync('c');
});

/** Everything that a snapshot shows, by every way to read it. */
function contents(view: KvSnapshot): [string, string][] {
  const entries = textEntries(view.entries());
  expect(textEntries(view.getPrefix(''))).toEqual(entries);
  expect(textEntries(view.entries({ reverse: true })).toReversed()).toEqual(entries);
  expect(texts(view.keys())).toEqual(entries.map(([key]) => key));
  expect(texts(view.values())).toEqual(entries.map(([, value]) => value));
  expect([view.size, view.count()]).toEqual([entries.length, entries.length]);
  for (const [key, value] of entries) {
    expect([text(view.get(key)), view.has(key), text(view.getEntry(key)?.value)]).toEqual([
      value,
      true,
      value,
    ]);
  }
  return entries;
}

test('a snapshot is what the store was, by every way to read', () => {
  using view = engine.snapshot();
  engine.putSync('a', 'later');
  engine.deleteSync('b');
  engine.putSync('c', 'back');
  engine.submitBatchSync([
    { type: 'set', key: 'd', value: 'new' },
    { type: 'delete', key: 'a' },
  ]);
  expect(contents(view)).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect([view.has('c'), view.get('d'), view.getEntry('c')]).toEqual([false, undefined, undefined]);
  expect(view.getEntry('a')).toMatchObject({ version: 1, timestamp: 1_000 });
  expect([view.sequence, view.version, view.timestamp]).toEqual([4, 4, 1_000]);
  using now = engine.snapshot();
  expect(contents(now)).toEqual([
    ['c', 'back'],
    ['d', 'new'],
  ]);
});

test('ranges, limits and counts are of that moment as well', () => {
  using view = engine.snapshot();
  for (let index = 0; index < 600; index += 1) engine.putSync(`a${index}`, 'x');
  expect(texts(view.keys({ gt: 'a' }))).toEqual(['b']);
  expect(texts(view.keys({ limit: 1, reverse: true }))).toEqual(['b']);
  expect([view.count({ prefix: 'a' }), engine.readWith((now) => now.count({ prefix: 'a' }))]).toEqual([
    1, 601,
  ]);
});

test('a snapshot of an empty store stays empty', () => {
  const empty = new SimulatedMachine().open();
  using view = empty.snapshot();
  empty.putSync('k', 'v');
  expect(contents(view)).toEqual([]);
  expect([view.sequence, view.version]).toEqual([0, 0]);
});

test('deadlines are judged by the time at which it was taken', () => {
  engine.putSync('soon', 's', { ttl: 100 });
  using early = engine.snapshot();
  machine.advance(100);
  using late = engine.snapshot();
  engine.putSync('soon', 'again', { ttl: 100 });
  machine.advance(1_000);
  expect(contents(early).map(([key]) => key)).toEqual(['a', 'b', 'soon']);
  expect(contents(late).map(([key]) => key)).toEqual(['a', 'b']);
  expect(engine.has('soon')).toBe(false);
});

test('a deadline that has come in a snapshot has come for good, even if the clock is set back over a restart', () => {
  engine.putSync('soon', 's', { ttl: 100 });
  machine.advance(100);
  expect(engine.readWith((view) => view.has('soon'))).toBe(false);
  engine.closeSync();
  machine.now = 1_050;
  expect(machine.open().has('soon')).toBe(false);
});

test('an iteration of a snapshot goes on over writes and never sees them', async () => {
  for (let index = 0; index < 1_000; index += 1) engine.putSync(`k${index}`, 'old');
  using view = engine.snapshot();
  let count = 0;
  for await (const [key, value] of view.entries({ prefix: 'k' })) {
    expect(text(value)).toBe('old');
    engine.putSync(key, 'new');
    engine.deleteSync(`k${(count * 7) % 1_000}`);
    count += 1;
  }
  expect(count).toBe(1_000);
});

test('readWith disposes its snapshot, whatever comes of the call', () => {
  let kept: KvSnapshot | undefined;
  expect(engine.readWith((view) => text((kept = view).get('a')))).toBe('1');
  expect(resultOfSync(() => kept!.get('a'))).toBe('ENGINE_SNAPSHOT_DISPOSED');
  expect(() =>
    engine.readWith((view) => {
      kept = view;
      throw new Error('of the caller');
    }),
  ).toThrow('of the caller');
  expect(resultOfSync(() => kept!.size)).toBe('ENGINE_SNAPSHOT_DISPOSED');
  expect(engine.stats().openSnapshots).toBe(0);
});

test('readWith takes a function that returns no promise', async () => {
  const late = errorOf(() => engine.readWith(async (view) => view.get(await Promise.resolve('a'))));
  expect([late.name, errorCode(late)]).toEqual(['TypeError', 'VALIDATION_TYPE']);
  await Promise.resolve();
  const wrong = errorOf(() => engine.readWith('read' as never));
  expect(wrong.message).toBe('expected read to be a function, got a string');
  expect(engine.stats().openSnapshots).toBe(0);
});

test('a disposed snapshot is not read, and its iterations end with the error', () => {
  const view = engine.snapshot();
  const iteration = view.entries()[Symbol.iterator]();
  const range = view.keys();
  expect(iteration.next().done).toBe(false);
  view[Symbol.dispose]();
  view[Symbol.dispose]();
  const reads: Readonly<Record<string, () => unknown>> = {
    get: () => view.get('a'),
    has: () => view.has('a'),
    getEntry: () => view.getEntry('a'),
    getPrefix: () => view.getPrefix(''),
    entries: () => view.entries(),
    keys: () => view.keys(),
    values: () => view.values(),
    count: () => view.count(),
    size: () => view.size,
    iteration: () => iteration.next(),
    range: () => range.toArray(),
  };
  for (const [name, read] of Object.entries(reads))
    expect(resultOfSync(read), name).toBe('ENGINE_SNAPSHOT_DISPOSED');
  // What it is of stays known.
  expect([view.sequence, view.version, view.timestamp]).toEqual([4, 4, 1_000]);
});

test('a snapshot that is open when the engine is closed ends with it', () => {
  const view = engine.snapshot();
  engine.closeSync();
  expect([resultOfSync(() => view.get('a')), resultOfSync(() => view.size)]).toEqual([
    'ENGINE_CLOSED',
    'ENGINE_CLOSED',
  ]);
  view[Symbol.dispose]();
  expect(resultOfSync(() => engine.snapshot())).toBe('ENGINE_CLOSED');
});

test('wrong arguments are the same errors as of the engine', () => {
  using view = engine.snapshot();
  expect(errorOf(() => view.get(1 as never)).name).toBe('TypeError');
  expect(errorOf(() => view.count({ from: 'a' } as never)).name).toBe('TypeError');
  expect(errorOf(() => view.has(new Uint8Array(65_536))).name).toBe('RangeError');
});

test('stats say how many are open, and how old the oldest is', () => {
  expect(engine.stats()).toMatchObject({ openSnapshots: 0, oldestSnapshot: undefined });
  const old = engine.snapshot();
  engine.putSync('d', '4');
  machine.advance(10);
  using _ = engine.snapshot();
  expect(engine.stats()).toMatchObject({ openSnapshots: 2, oldestSnapshot: { sequence: 4, takenAt: 1_000 } });
  old[Symbol.dispose]();
  expect(engine.stats()).toMatchObject({ openSnapshots: 1, oldestSnapshot: { sequence: 5, takenAt: 1_010 } });
});

test('writes that a full device took back are not read in a snapshot of them', () => {
  engine.putSync('a', '1', { durability: 'disk' });
  using before = engine.snapshot();
  engine.putSync('a', 'lost');
  using view = engine.snapshot();
  expect(text(view.get('a'))).toBe('lost');
  machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
  expect(resultOfSync(() => engine.putSync('b', '5', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
  for (const read of [
    () => view.get('a'),
    () => view.has('b'),
    () => view.size,
    () => view.keys().toArray(),
  ]) {
    expect(resultOfSync<unknown>(read)).toBe('STORAGE_SNAPSHOT_REVOKED');
  }
  expect(text(before.get('a'))).toBe('1');
  expect(text(engine.get('a'))).toBe('1');
});

test('where a full device has left no key of a snapshot, its ranges are not empty but an error', () => {
  machine = new SimulatedMachine();
  engine = machine.open();
  engine.putSync('lost', '1');
  using view = engine.snapshot();
  machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
  expect(resultOfSync(() => engine.putSync('b', '2', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
  expect(texts(engine.keys())).toEqual([]);
  for (const read of [
    () => view.entries().toArray(),
    () => [...view.keys({ reverse: true })],
    () => view.count({ prefix: 'l' }),
    () => view.getPrefix(''),
  ]) {
    expect(resultOfSync<unknown>(read)).toBe('STORAGE_SNAPSHOT_REVOKED');
  }
});

test('a store that is only read gives snapshots too', () => {
  engine.closeSync();
  const reader = machine.open({ readOnly: true });
  expect(reader.readWith(contents)).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
  reader.closeSync();
});
