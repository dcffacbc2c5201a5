/**
 * Proves what an iteration sees of writes that go on meanwhile: what is there for the whole of it is seen once and in
 * order, whatever is put, deleted or replaced around it, over many more keys than are looked up at a time.
 */

import { SeededRandom } from '@htkv/storage/testing';
import { describe, expect, test } from 'vitest';

import { resultOf } from '../result-of.ts';
import { continuations, SimulatedMachine } from '../simulated-machine.ts';
import { text, texts } from '../text.ts';

const name = (index: number): string => `key ${String(index).padStart(6, '0')}`;

describe.for([false, true])('reverse: %s', (reverse) => {
  test('keys that stay are seen once and in order while others come and go', () => {
    const seed = 'iteration while writing';
    const random = new SeededRandom(seed);
    const engine = new SimulatedMachine().open();
    for (let index = 0; index < 2_000; index += 1) engine.putSync(name(index * 2), '');
    const isStaying = (key: string): boolean => Number(key.slice(4)) % 4 === 0;
    const seen: string[] = [];
    for (const key of engine.keys({ reverse })) {
      seen.push(text(key));
      const other = name(random.below(4_000));
      if (isStaying(other)) engine.putSync(other, 'replaced');
      else if (random.chance(0.5)) engine.putSync(other, 'new');
      else engine.deleteSync(other);
    }
    const inOrder = seen.toSorted();
    if (reverse) inOrder.reverse();
    expect(seen, seed).toEqual(inOrder);
    expect(new Set(seen).size, seed).toBe(seen.length);
    expect(seen.filter(isStaying), seed).toHaveLength(1_000);
  });

  test('each entry is as it is when it is reached', () => {
    const engine = new SimulatedMachine().open();
    for (const key of ['a', 'b', 'c']) engine.putSync(key, 'old');
    const seen: string[] = [];
    for (const [key, value] of engine.entries({ reverse })) {
      seen.push(`${text(key)} ${text(value)}`);
      engine.putSync('b', 'new');
      engine.deleteSync(reverse ? 'a' : 'c');
    }
    expect(seen).toEqual([reverse ? 'c old' : 'a old', 'b new']);
  });
});

test('writing behind the iteration does not make it endless, and a limit counts what was seen', () => {
  const engine = new SimulatedMachine().open();
  engine.putSync(name(0), '');
  let seen = 0;
  for (const key of engine.keys({ limit: 1_000 })) {
    seen += 1;
    engine.putSync(name(Number(text(key).slice(4)) + 1), '');
  }
  expect(seen).toBeLessThanOrEqual(1_000);
  expect(seen).toBeGreaterThan(0);
});

test('an iteration that is left early holds nothing back', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  for (let index = 0; index < 1_000; index += 1) engine.putSync(name(index), '');
  for (const key of engine.keys()) {
    expect(text(key)).toBe(name(0));
    break;
  }
  for await (const key of engine.keys({ reverse: true })) {
    expect(text(key)).toBe(name(999));
    break;
  }
  await engine.close();
  expect(machine.disk.openFileCount).toBe(0);
});

test('for await lets others run on the way', async () => {
  const engine = new SimulatedMachine().open();
  for (let index = 0; index < 1_000; index += 1) engine.putSync(name(index), '');
  let turns = 0;
  const stop = new AbortController();
  const others = (async () => {
    while (!stop.signal.aborted) {
      turns += 1;
      await continuations();
    }
  })();
  let seen = 0;
  for await (const key of engine.keys()) {
    expect(key.length).toBe(10);
    seen += 1;
  }
  stop.abort();
  await others;
  expect(seen).toBe(1_000);
  expect(turns).toBeGreaterThan(2);
});

test('an iteration that is under way when the engine is closed says so', async () => {
  const engine = new SimulatedMachine().open();
  engine.putSync('a', '');
  engine.putSync('b', '');
  const iterator = engine.keys()[Symbol.iterator]();
  expect(texts([iterator.next().value!])).toEqual(['a']);
  const keys = engine.keys();
  await engine.close();
  expect(() => iterator.next()).toThrow(expect.objectContaining({ code: 'ENGINE_CLOSED' }));
  expect(() => keys.toArray()).toThrow(expect.objectContaining({ code: 'ENGINE_CLOSED' }));
  expect(await resultOf(keys[Symbol.asyncIterator]().next())).toBe('ENGINE_CLOSED');
});
