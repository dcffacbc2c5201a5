/**
 * Proves what comes with ranges being read many entries at a time: whatever happens to an entry between the step that
 * read it and the moment it is given out, it is given out as it is then; counting agrees with iterating; an iteration
 * can be aborted; and a store without an order says so.
 */
import { SeededRandom } from '@htkv/storage/testing';
import { describe, expect, test } from 'vitest';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { text, texts } from '../text.ts';

const name = (index: number): string => `key ${String(index).padStart(4, '0')}`;

describe.for([false, true])('reverse: %s', (reverse) => {
  test('every entry is as it is when it is given out, whoever writes which one meanwhile', () => {
    const random = new SeededRandom(`given out as it is, ${reverse}`);
    const engine = new SimulatedMachine().open();
    const model = new Map<string, string>();
    const write = (index: number, value: string | undefined): void => {
      if (value === undefined) engine.deleteSync(name(index));
      else engine.putSync(name(index), value);
      if (value === undefined) model.delete(name(index));
      else model.set(name(index), value);
    };
    for (let index = 0; index < 600; index += 1) write(index, `first ${index}`);
    let seen = 0;
    for (const [key, value] of engine.entries({ reverse })) {
      expect(text(value)).toBe(model.get(text(key)));
      seen += 1;
      const at = Number(text(key).slice(4));
      // Most of what is written lies in the same step, some of it just ahead.
      for (let count = random.below(3); count > 0; count -= 1) {
        const other = Math.min(599, Math.max(0, at + random.below(12) - 6));
        write(other, random.chance(0.3) ? undefined : `later ${random.below(1000)}`);
      }
      if (random.chance(0.02)) engine.putSync('large', new Uint8Array(random.below(300_000)));
      if (random.chance(0.02)) engine.deleteSync('large');
    }
    expect(seen).toBeGreaterThan(300);
  });
});

test('an entry whose deadline comes after its step was read is not given out', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  for (const key of ['a', 'b', 'c']) engine.putSync(key, key, { expiresAt: machine.now + 1000 });
  engine.putSync('d', 'd');
  const seen: string[] = [];
  for (const key of engine.keys()) {
    seen.push(text(key));
    machine.advance(1000);
  }
  expect(seen).toEqual(['a', 'd']);
});

test('values of every size come out whole, also those with files of their own', () => {
  const engine = new SimulatedMachine().open();
  const sizes = [0, 1, 7, 8, 9, 1000, 300_000];
  for (const [index, size] of sizes.entries()) engine.putSync(name(index), new Uint8Array(size).fill(size));
  expect(
    engine
      .values()
      .toArray()
      .map((value) => value.length),
  ).toEqual(sizes);
  for (const [key, value] of engine.entries()) expect(value).toEqual(engine.get(key));
});

test('count is how many an iteration gives', () => {
  const engine = new SimulatedMachine().open();
  for (let index = 0; index < 700; index += 1) engine.putSync(name(index), '');
  for (let index = 0; index < 700; index += 7) engine.deleteSync(name(index));
  expect(engine.count()).toBe(600);
  expect(engine.count({ prefix: 'key 00' })).toBe(engine.keys({ prefix: 'key 00' }).toArray().length);
  expect(engine.count({ gt: name(10), lt: name(20), reverse: true })).toBe(8);
  expect(engine.count({ limit: 300 })).toBe(300);
  expect(engine.count({ limit: 0 })).toBe(0);
  expect(engine.count({ gt: 'b', lt: 'a' })).toBe(0);
});

test('keys and values that were given out are the caller’s, and the iteration goes on from its own', () => {
  const engine = new SimulatedMachine().open();
  for (let index = 0; index < 600; index += 1) engine.putSync(name(index), 'value');
  let seen = 0;
  for (const [key, value] of engine.entries()) {
    expect(text(key)).toBe(name(seen));
    key.fill(0);
    value.fill(0);
    seen += 1;
  }
  expect(seen).toBe(600);
  expect(texts(engine.keys({ limit: 1 }))).toEqual([name(0)]);
});

describe('a signal', () => {
  test('ends an iteration by for await with its reason', async () => {
    const engine = new SimulatedMachine().open();
    for (let index = 0; index < 600; index += 1) engine.putSync(name(index), '');
    const controller = new AbortController();
    const reason = new Error('enough');
    const seen: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const key of engine.keys({ signal: controller.signal })) {
        seen.push(text(key));
        if (seen.length === 300) controller.abort(reason);
      }
    };
    await expect(iterate()).rejects.toBe(reason);
    expect(seen).toHaveLength(300);
  });

  test('ends one by for as well, and one that was aborted before begins none', async () => {
    const engine = new SimulatedMachine().open();
    for (let index = 0; index < 10; index += 1) engine.putSync(name(index), '');
    const controller = new AbortController();
    const range = engine.keys({ signal: controller.signal });
    expect(range.toArray()).toHaveLength(10);
    let seen = 0;
    expect(() => {
      for (const key of range) {
        expect(text(key)).toBe(name(seen));
        seen += 1;
        if (seen === 3) controller.abort();
      }
    }).toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(seen).toBe(3);
    expect(() => range.toArray()).toThrow(expect.objectContaining({ name: 'AbortError' }));
    await expect(range[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('without an order', () => {
  test('every read of a range says so, and everything else works', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open({ ordered: false });
    engine.putSync('a', '1');
    engine.putSync('b', '2');
    engine.deleteSync('b');
    const reads: Readonly<Record<string, () => unknown>> = {
      getPrefix: () => engine.getPrefix('a'),
      entries: () => [...engine.entries()],
      keys: () => engine.keys().toArray(),
      values: () => engine.values({ limit: 0 }).toArray(),
      count: () => engine.count({ gt: 'b', lt: 'a' }),
    };
    for (const [call, read] of Object.entries(reads))
      expect(resultOfSync(read), call).toBe('STORAGE_NOT_ORDERED');
    expect(await resultOf(engine.keys()[Symbol.asyncIterator]().next())).toBe('STORAGE_NOT_ORDERED');
    expect([engine.size, text(engine.get('a')), engine.stats().orderedBytes]).toEqual([1, '1', 0]);
    expect([...engine.snapshotState().entries()]).toHaveLength(1);
    await engine.close();
    expect(texts(machine.open().keys())).toEqual(['a']);
  });
});
