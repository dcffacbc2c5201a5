/**
 * Proves what a transaction promises on an engine and over a replicated log: its reads are of one moment with its own
 * writes over them, everything it has read is still so when it takes effect, it begins again where it is not, and
 * what is used too late says so.
 */
import { SubmittedWrites, type KvTransaction, type SingleNodeEngine } from '@htkv/engine';
import { digestState } from '@htkv/state';
import { beforeEach, describe, expect, test } from 'vitest';

import { ReplicatedLog } from '../replicated-log.ts';
import { errorOf, resultOf, resultOfSync } from '../result-of.ts';
import { continuations, SimulatedMachine } from '../simulated-machine.ts';
import { text, textEntries } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ now: 1_000 });
  engine = machine.open();
});

type Body<Result> = (tx: KvTransaction) => Result;

interface Runner {
  readonly name: string;
  readonly make: () => {
    readonly run: <Result>(body: Body<Result>, options?: { attempts?: number }) => Promise<Result>;
    /** A write by somebody else. */
    readonly put: (key: string, value: string) => Promise<unknown>;
  };
}

const runners: readonly Runner[] = [
  {
    name: 'transaction',
    make: () => ({
      run: (body, options) => engine.transaction(body, options),
      put: async (key, value) => engine.putSync(key, value),
    }),
  },
  {
    name: 'transactionSync',
    make: () => ({
      run: async (body, options) => engine.transactionSync(body, options),
      put: async (key, value) => engine.putSync(key, value),
    }),
  },
  {
    name: 'transaction over a replicated log',
    make: () => {
      const log = new ReplicatedLog([engine, new SimulatedMachine({ now: 1_000 }).open()]);
      const writes = new SubmittedWrites(engine, log, () => 1_000);
      const put = (key: string, value: string): Promise<unknown> => {
        const [keyBytes, valueBytes] = [new TextEncoder().encode(key), new TextEncoder().encode(value)];
        return log.submit({ type: 'set', key: keyBytes, value: valueBytes });
      };
      return { run: (body, options) => writes.transaction(body, options), put };
    },
  },
];

describe.for(runners)('$name', ({ make }) => {
  test('own writes are read, by every way to read, and are made together', async () => {
    const { run } = make();
    await run((tx) => tx.put('b', 'old'));
    const before = engine.latestSequence();
    const result = await run((tx) => {
      tx.put('a', '1');
      tx.put('c', '3');
      tx.put('c', '4');
      tx.delete('b');
      expect([text(tx.get('a')), tx.has('b'), tx.get('b'), tx.has('x')]).toEqual([
        '1',
        false,
        undefined,
        false,
      ]);
      expect(tx.getEntry('a')).toEqual({ value: tx.get('a'), version: undefined, timestamp: undefined });
      expect(textEntries(tx.entries())).toEqual([
        ['a', '1'],
        ['c', '4'],
      ]);
      expect(textEntries(tx.entries({ reverse: true, limit: 1 }))).toEqual([['c', '4']]);
      expect(textEntries(tx.getPrefix('a'))).toEqual([['a', '1']]);
      expect(engine.has('a')).toBe(false);
      return 'result';
    });
    expect(result).toBe('result');
    expect(textEntries(engine.entries())).toEqual([
      ['a', '1'],
      ['c', '4'],
    ]);
    expect(engine.latestSequence()).toBe(before + 3);
  });

  test('its ranges are those of its snapshot with its writes over them', async () => {
    const { run, put } = make();
    for (const key of ['b', 'd', 'f']) await put(key, 'store');
    await run((tx) => {
      for (const key of ['a', 'c', 'd', 'g']) tx.put(key, 'own');
      tx.delete('f');
      const all = textEntries(tx.entries());
      expect(all.map(([key, value]) => key + value[0]!)).toEqual(['ao', 'bs', 'co', 'do', 'go']);
      expect(textEntries(tx.entries({ reverse: true }))).toEqual(all.toReversed());
      expect(textEntries(tx.entries({ gt: 'a', lte: 'd' })).map(([key]) => key)).toEqual(['b', 'c', 'd']);
      expect(textEntries(tx.entries({ gte: 'c', limit: 2 })).map(([key]) => key)).toEqual(['c', 'd']);
      expect(tx.entries({ gt: 'z', lt: 'a' }).toArray()).toEqual([]);
    });
  });

  test('what was read and changed meanwhile is read again', async () => {
    const { run, put } = make();
    await put('n', '1');
    const attempts: string[] = [];
    await run((tx) => {
      attempts.push(text(tx.get('n'))!);
      if (tx.attempt === 1) void put('n', '5');
      tx.put('sum', String(Number(text(tx.get('n'))) + 1));
    });
    expect([attempts, text(engine.get('sum'))]).toEqual([['1', '5'], '6']);
  });

  test('so is what was absent and has come', async () => {
    const { run, put } = make();
    const seen = await run((tx) => {
      const isFree = !tx.has('name');
      if (tx.attempt === 1) void put('name', 'other');
      if (isFree) tx.put('name', 'mine');
      else tx.put('refused', '');
      return isFree;
    });
    expect([seen, text(engine.get('name'))]).toEqual([false, 'other']);
  });

  test('a key that has come to a range that was read counts as well, and one beside it does not', async () => {
    const { run, put } = make();
    await put('order:1', 'x');
    await put('other', 'x');
    const counts: number[] = [];
    await run((tx) => {
      counts.push(tx.getPrefix('order:').length);
      if (tx.attempt === 1) void put('order:2', 'phantom');
      if (tx.attempt === 2) void put('other', 'beside');
      tx.put('count', String(counts.at(-1)));
    });
    expect([counts, text(engine.get('count'))]).toEqual([[1, 2], '2']);
  });

  test('of a range only what was gone through counts, forwards and backwards', async () => {
    const { run, put } = make();
    for (const key of ['q1', 'q2', 'q3']) await put(key, 'x');
    for (const reverse of [false, true]) {
      const attempts = await run((tx) => {
        const [first] = tx.entries({ prefix: 'q', reverse, limit: 1 });
        if (tx.attempt === 1) void put(reverse ? 'q0' : 'q4', 'behind');
        if (tx.attempt === 1) void put('q2', 'behind too');
        tx.put('first', first![0]);
        return tx.attempt;
      });
      expect([attempts, text(engine.get('first'))]).toEqual([1, reverse ? 'q4' : 'q1']);
    }
    const attempts = await run((tx) => {
      const [first] = tx.entries({ prefix: 'q', limit: 1 });
      if (tx.attempt === 1) void put('q', 'before');
      tx.put('first', first![0]);
      return tx.attempt;
    });
    expect([attempts, text(engine.get('first'))]).toEqual([2, 'q']);
  });

  test('one that writes nothing changes nothing and never conflicts', async () => {
    const { run, put } = make();
    await put('n', '1');
    const before = engine.latestSequence();
    let other: Promise<unknown> | undefined;
    const read = await run((tx) => {
      const first = text(tx.get('n'));
      other = put('n', '2');
      return [first, text(tx.get('n')), tx.attempt];
    });
    await other;
    expect([read, engine.latestSequence() - before]).toEqual([['1', '1', 1], 1]);
  });

  test('one that only writes never conflicts', async () => {
    const { run, put } = make();
    const attempts = await run((tx) => {
      tx.put('n', 'mine');
      void put('n', 'other');
      return tx.attempt;
    });
    expect([attempts, text(engine.get('n'))]).toEqual([1, 'mine']);
  });

  test('one that others are always faster than ends with an error, and nothing written', async () => {
    const { run, put } = make();
    let count = 0;
    const lost = run(
      (tx) => {
        tx.put('mine', text(tx.get('n')) ?? '');
        void put('n', String((count += 1)));
      },
      { attempts: 3 },
    );
    expect(await resultOf<unknown>(lost)).toBe('ENGINE_CONFLICT');
    expect([count, engine.has('mine')]).toEqual([3, false]);
  });

  test('what its function throws is thrown, and nothing is written', async () => {
    const { run } = make();
    const failed = run((tx) => {
      tx.put('k', 'v');
      throw new Error('of the caller');
    });
    await expect(failed).rejects.toThrow('of the caller');
    expect([engine.has('k'), engine.stats().openSnapshots]).toEqual([false, 0]);
  });

  test('it is not used after its end, nor are its ranges', async () => {
    const { run } = make();
    let late: KvTransaction | undefined;
    const iterator = await run((tx) => {
      tx.put('a', '1');
      tx.put('b', '2');
      late = tx;
      const started = tx.entries()[Symbol.iterator]();
      started.next();
      return { next: () => started.next() };
    });
    const calls: Readonly<Record<string, () => unknown>> = {
      get: () => late!.get('a'),
      has: () => late!.has('a'),
      getEntry: () => late!.getEntry('a'),
      getPrefix: () => late!.getPrefix('a'),
      entries: () => late!.entries(),
      put: () => late!.put('a', '1'),
      delete: () => late!.delete('a'),
      next: iterator.next,
    };
    for (const [name, call] of Object.entries(calls))
      expect(resultOfSync(call), name).toBe('ENGINE_TRANSACTION_ENDED');
  });

  test('wrong arguments are refused', async () => {
    const { run } = make();
    for (const wrong of [
      () => run('body' as never),
      () => run(() => undefined, { retries: 1 } as never),
      () => run((tx) => tx.put('k', 'v', { durability: 'os' } as never)),
      () => run((tx) => tx.put('k', 'v', { ttl: 1, expiresAt: 2 })),
      () => run((tx) => void tx.get(1 as never)),
      () => run((tx) => void tx.entries({ from: 'a' } as never)),
    ]) {
      expect(await resultOf<unknown>(wrong())).toBe('VALIDATION_TYPE');
    }
    expect(await resultOf<unknown>(run(() => undefined, { attempts: 0 }))).toBe('VALIDATION_RANGE');
    expect(engine.latestSequence()).toBe(0);
  });
});

test('deadlines count from the moment of the transaction, and one that comes before its end is a change', () => {
  engine.putSync('soon', 's', { ttl: 10 });
  const seen: boolean[] = [];
  engine.transactionSync((tx) => {
    seen.push(tx.has('soon'));
    tx.put('ttl', 'v', { ttl: 5 });
    tx.put('past', 'v', { expiresAt: 1 });
    expect([tx.getEntry('ttl')?.expiresAt, tx.has('past')]).toEqual([machine.now + 5, false]);
    if (tx.attempt === 1) machine.advance(10);
  });
  expect([seen, engine.getEntry('ttl')?.expiresAt]).toEqual([[true, false], 1_015]);
});

test('writes that a full device took back while they were read are as good as changed', async () => {
  engine.putSync('n', '1', { durability: 'disk' });
  engine.putSync('n', 'lost');
  const seen: (string | undefined)[] = [];
  engine.transactionSync((tx) => {
    seen.push(text(tx.get('n')));
    if (tx.attempt === 1) {
      machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
      expect(resultOfSync(() => engine.putSync('x', '', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
    }
    tx.put('copy', text(tx.get('n'))!);
  });
  expect([seen, text(engine.get('copy'))]).toEqual([['lost', '1'], '1']);
});

test('the bytes that it is given may change afterwards', () => {
  const [key, value] = [Uint8Array.of(1), Uint8Array.of(2)];
  engine.transactionSync((tx) => {
    tx.put(key, value);
    value[0] = 9;
    tx.get(value);
    value[0] = 8;
    key[0] = 9;
    tx.get(Uint8Array.of(1))![0] = 7;
  });
  expect(engine.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
});

test('the bounds that a range is given may change before it is read', () => {
  engine.putManySync([
    ['a1', '1'],
    ['b1', '2'],
  ]);
  engine.transactionSync((tx) => {
    const prefix = new TextEncoder().encode('a');
    const range = tx.entries({ prefix });
    prefix[0] = 'b'.charCodeAt(0);
    expect(textEntries(range)).toEqual([['a1', '1']]);
  });
});

test('it is not used while its writes become durable: they are decided', async () => {
  machine = new SimulatedMachine({ isManual: true });
  engine = machine.open();
  let late: KvTransaction | undefined;
  const made = engine.transaction((tx) => {
    late = tx;
    tx.put('a', '1');
  });
  await continuations();
  expect(engine.has('a')).toBe(true);
  expect(resultOfSync(() => late!.put('b', '2'))).toBe('ENGINE_TRANSACTION_ENDED');
  await machine.turn();
  await made;
});

test('transactionSync refuses a promise, and nothing is written', async () => {
  const late = errorOf(() => engine.transactionSync(async (tx) => tx.put(await Promise.resolve('k'), 'v')));
  expect(late.message).toContain('expected a function that returns no promise');
  await Promise.resolve();
  expect(engine.has('k')).toBe(false);
});

test('transactions that wait overlap, and come to what one after the other would', async () => {
  engine.putSync('n', '0');
  let attempts = 0;
  await Promise.all(
    Array.from({ length: 20 }, () =>
      engine.transaction(async (tx) => {
        attempts += 1;
        const count = Number(text(tx.get('n')));
        await Promise.resolve();
        tx.put('n', String(count + 1));
      }),
    ),
  );
  expect(text(engine.get('n'))).toBe('20');
  expect(attempts).toBeGreaterThan(20);
});

test('one that runs when the engine is closed says so, and its writes are not made', async () => {
  let go: (() => void) | undefined;
  const running = resultOf(
    engine.transaction(async (tx) => {
      tx.put('k', 'v');
      await new Promise<void>((resolve) => (go = resolve));
      return tx.get('other');
    }),
  );
  engine.closeSync();
  go!();
  expect(await running).toBe('ENGINE_CLOSED');
  expect(machine.open().has('k')).toBe(false);
});

test('over a replicated log two stores that change the same come to the same', async () => {
  const other = new SimulatedMachine({ now: 1_000 }).open();
  const log = new ReplicatedLog([engine, other]);
  const writers = [engine, other].map((store) => new SubmittedWrites(store, log, () => 1_000));
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      writers[index % 2]!.transaction(async (tx) => {
        const count = tx.getPrefix('item').length;
        await Promise.resolve();
        tx.put(`item ${count}`, `${index}`);
      }),
    ),
  );
  expect(textEntries(engine.entries()).map(([key]) => key)).toEqual(
    Array.from({ length: 10 }, (_, index) => `item ${index}`),
  );
  const [left, right] = [engine, other].map((store) =>
    digestState(store.snapshotState(), { tombstones: true }),
  );
  expect(left).toBe(right);
});
