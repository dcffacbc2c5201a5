/**
 * Proves the calls that read and write at once, and those that do many things at once: their exact results, that
 * nothing comes in between, and their errors; on an engine and over a replicated log.
 */
import { SubmittedWrites, type SingleNodeEngine } from '@htkv/engine';
import { digestState } from '@htkv/state';
import { beforeEach, describe, expect, test } from 'vitest';

import { ReplicatedLog } from '../replicated-log.ts';
import { errorOf, resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text, textEntries } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ now: 1_000 });
  engine = machine.open();
});

/** The calls that an engine has, and that there are over a submitter. */
interface Writes {
  readonly name: string;
  readonly make: () => Pick<SingleNodeEngine, 'increment' | 'update' | 'consume' | 'clear'>;
}

const everywhere: readonly Writes[] = [
  { name: 'an engine', make: () => engine },
  {
    name: 'a replicated log',
    make: () => {
      const log = new ReplicatedLog([engine, new SimulatedMachine({ now: 1_000 }).open()]);
      return new SubmittedWrites(engine, log, () => 1_000);
    },
  },
];

describe.for(everywhere)('on $name', ({ make }) => {
  test('a counter begins at nothing, and counts in digits', async () => {
    const writes = make();
    expect(await writes.increment('n')).toBe(1);
    expect(await writes.increment('n', 41)).toBe(42);
    expect(await writes.increment('n', -50)).toBe(-8);
    expect(text(engine.get('n'))).toBe('-8');
    expect(await writes.increment('n', 8)).toBe(0);
    expect(Object.is(await writes.increment('n', 0), 0)).toBe(true);
    expect(text(engine.get('n'))).toBe('0');
  });

  test('counters that are counted at once lose nothing', async () => {
    const writes = make();
    const sums = await Promise.all(Array.from({ length: 50 }, () => writes.increment('n')));
    expect(sums.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 50 }, (_, each) => each + 1),
    );
    expect(text(engine.get('n'))).toBe('50');
  });

  test('an update changes what is there and refuses what is not', async () => {
    const writes = make();
    expect(await resultOf(writes.update('k', 'v'))).toBe('ENGINE_KEY_ABSENT');
    expect(engine.has('k')).toBe(false);
    await writes.increment('k');
    expect(text(await writes.update('k', (entry) => `${text(entry.value)}!`))).toBe('1!');
    expect(text(await writes.update('k', 'plain'))).toBe('plain');
    expect(text(engine.get('k'))).toBe('plain');
  });

  test('of those who consume a key at once, one gets it', async () => {
    const writes = make();
    await writes.increment('k');
    const got = await Promise.all([writes.consume('k'), writes.consume('k'), writes.consume('k')]);
    expect(got.flatMap((entry) => (entry === undefined ? [] : text(entry.value)))).toEqual(['1']);
    expect(await writes.consume('k')).toBeUndefined();
    expect(engine.has('k')).toBe(false);
  });

  test('clear takes a range, and nothing else', async () => {
    const writes = make();
    for (const key of ['a', 'b1', 'b2', 'b3', 'c']) await writes.increment(key);
    expect(await writes.clear({ prefix: 'b', limit: 2, reverse: true })).toBe(2);
    expect(textEntries(engine.entries()).map(([key]) => key)).toEqual(['a', 'b1', 'c']);
    expect([await writes.clear({ prefix: 'x' }), await writes.clear()]).toEqual([0, 3]);
    expect(engine.size).toBe(0);
  });

  test('wrong arguments are refused before anything is done', async () => {
    const writes = make();
    for (const call of [
      () => writes.increment('k', '1' as never),
      () => writes.increment('k', 1, { durabilty: 'os' } as never),
      () => writes.update('k', 1 as never),
      () => writes.update('k', 'v', { ttl: 1, expiresAt: 2 }),
      () => writes.consume('k', { durability: 'tape' } as never),
      () => writes.clear({ from: 'a' } as never),
    ]) {
      expect(await resultOf<unknown>(call())).toBe('VALIDATION_TYPE');
    }
    expect(await resultOf(writes.increment('k', 1.5))).toBe('VALIDATION_RANGE');
    expect(engine.latestSequence()).toBe(0);
  });
});

test('over a replicated log every replica comes to the same', async () => {
  const other = new SimulatedMachine({ now: 1_000 }).open();
  const log = new ReplicatedLog([engine, other]);
  const writes = [
    new SubmittedWrites(engine, log, () => 1_000),
    new SubmittedWrites(other, log, () => 1_000),
  ];
  await Promise.all(
    writes.flatMap((each) => [
      each.increment('n', 2),
      each.increment('n', 3),
      each.consume('n'),
      each.increment('m'),
    ]),
  );
  expect(text(engine.get('m'))).toBe('2');
  const [left, right] = [engine, other].map((each) =>
    digestState(each.snapshotState(), { tombstones: true }),
  );
  expect(left).toBe(right);
});

test('what is no counter stays as it is', () => {
  for (const value of [
    '',
    ' 1',
    '+1',
    '01',
    '-0',
    '1.0',
    '1e3',
    'one',
    '-',
    '9007199254740992',
    '1'.repeat(40),
  ]) {
    engine.putSync('k', value);
    expect(
      resultOfSync(() => engine.incrementSync('k')),
      value,
    ).toBe('ENGINE_NOT_A_COUNTER');
    expect(text(engine.get('k'))).toBe(value);
  }
  engine.putSync('k', '9007199254740991');
  expect(resultOfSync(() => engine.incrementSync('k'))).toBe('ENGINE_COUNTER_RANGE');
  expect(engine.incrementSync('k', -1)).toBe(9_007_199_254_740_990);
  engine.putSync('k', '-9007199254740991');
  expect(resultOfSync(() => engine.incrementSync('k', -1))).toBe('ENGINE_COUNTER_RANGE');
});

test('deadlines stay where nothing else is said, and an expired key is absent', () => {
  engine.putSync('n', '1', { ttl: 100 });
  engine.incrementSync('n');
  engine.updateSync('n', '7');
  expect(engine.getEntry('n')).toMatchObject({ expiresAt: 1_100 });
  engine.updateSync('n', '8', { ttl: 50 });
  expect(engine.getEntry('n')).toMatchObject({ expiresAt: 1_050 });
  machine.advance(50);
  expect(resultOfSync(() => engine.updateSync('n', '9'))).toBe('ENGINE_KEY_ABSENT');
  expect(engine.consumeSync('n')).toBeUndefined();
  expect(engine.incrementSync('n')).toBe(1);
  expect('expiresAt' in engine.getEntry('n')!).toBe(false);
});

test('the synchronous calls give what the others promise', () => {
  expect([engine.incrementSync('n', 5), engine.incrementSync('n')]).toEqual([5, 6]);
  expect(text(engine.updateSync('n', (entry) => `${text(entry.value)}0`))).toBe('60');
  expect(engine.consumeSync('n')).toMatchObject({ version: 3, timestamp: 1_000 });
  expect(engine.consumeSync('n')).toBeUndefined();
  expect(
    engine.putManySync([
      ['a', '1'],
      ['b', '2'],
    ]),
  ).toEqual(['applied', 'applied']);
  expect([engine.clearSync({ gt: 'a' }), engine.size]).toEqual([1, 1]);
});

test('what a change throws is thrown, and nothing was written', () => {
  engine.putSync('k', 'v');
  const failing = (): never => {
    throw new Error('of the caller');
  };
  expect(errorOf(() => engine.updateSync('k', failing)).message).toBe('of the caller');
  expect(engine.latestSequence()).toBe(1);
  // The turn has ended: others may write.
  expect(engine.putSync('k', 'w')).toBe('applied');
});

test('putMany is one atomic unit with one deadline', async () => {
  expect(
    await engine.putMany(
      [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
      { ttl: 10 },
    ),
  ).toEqual(Array(3).fill('applied'));
  expect(engine.getEntry('b')).toMatchObject({ expiresAt: 1_010 });
  expect(textEntries(engine.entries())).toEqual([
    ['a', '3'],
    ['b', '2'],
  ]);
  expect(
    await resultOf(
      engine.putMany([
        ['c', '1'],
        ['d', 2 as never],
      ]),
    ),
  ).toBe('VALIDATION_TYPE');
  expect(engine.has('c')).toBe(false);
  machine.advance(10);
  expect(engine.size).toBe(0);
});

test('getMany keeps the order of the keys', () => {
  engine.putManySync([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(engine.getMany(['b', 'x', 'a', 'b']).map((value) => text(value))).toEqual([
    '2',
    undefined,
    '1',
    '2',
  ]);
  expect(engine.readWith((view) => view.getMany(new Set(['a'])).map((value) => text(value)))).toEqual(['1']);
  expect(engine.getMany([])).toEqual([]);
});

test('getString is UTF-8 as it is', () => {
  for (const value of ['', 'ASCII', 'Zoë', '\uFEFFmark', '😀'.repeat(20)]) {
    engine.putSync('k', value);
    expect([engine.getString('k'), engine.readWith((view) => view.getString('k'))]).toEqual([value, value]);
  }
  engine.putSync('k', Uint8Array.of(0x61, 0xff));
  expect([engine.getString('k'), engine.getString('absent')]).toEqual(['a\uFFFD', undefined]);
});

test('getInto copies what fits, and says how long it is', () => {
  const large = new Uint8Array(400_000).fill(7);
  engine.putManySync([
    ['k', 'value'],
    ['empty', ''],
    ['large', large],
  ]);
  engine.putSync('gone', 'g', { expiresAt: 1 });
  const target = new Uint8Array(8);
  for (const reader of [engine, engine.snapshot()]) {
    target.fill(1);
    expect(reader.getInto('k', target, 2)).toBe(5);
    expect([...target]).toEqual([1, 1, ...new TextEncoder().encode('value'), 1]);
    target.fill(1);
    expect(reader.getInto('k', target, 4)).toBe(5);
    expect([...target]).toEqual(Array(8).fill(1));
    expect([reader.getInto('empty', target, 8), reader.getInto('absent', target)]).toEqual([0, undefined]);
    expect(reader.getInto('gone', target)).toBeUndefined();
    expect(reader.getInto('large', target)).toBe(400_000);
    const room = new Uint8Array(400_000);
    expect([reader.getInto('large', room), room.every((byte) => byte === 7)]).toEqual([400_000, true]);
    expect(errorOf(() => reader.getInto('k', target, 9)).name).toBe('RangeError');
    expect(errorOf(() => reader.getInto('k', [] as never)).name).toBe('TypeError');
  }
});
