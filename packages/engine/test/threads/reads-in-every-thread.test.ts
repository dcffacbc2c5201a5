/**
 * Proves that every thread reads the same store: ranges, counts, values of every size, deadlines and what was read back
 * from the disk, whoever wrote it, and while others write.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { textEntries } from '../text.ts';
import { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(2, { maxSegmentSize: 512 * 1024 });
});

afterAll(() => shared.end());

test('ranges are the same in every thread, and in order', async () => {
  const [one, two] = shared.threads;
  await one!.run((engine) => {
    for (let key = 99; key >= 0; key -= 1) {
      engine.putSync(`range ${String(key).padStart(2, '0')}`, `${key}`);
    }
    engine.deleteSync('range 50');
  }, undefined);
  const seen = await two!.run((engine) => {
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return {
      prefix: engine.getPrefix('range 5').map(([key, value]) => [text(key), text(value)]),
      reverse: engine.keys({ gte: 'range 10', lt: 'range 14', reverse: true }).toArray().map(text),
      size: engine.size,
    };
  }, undefined);
  expect(seen.prefix.map(([, value]) => value)).toEqual([
    '51',
    '52',
    '53',
    '54',
    '55',
    '56',
    '57',
    '58',
    '59',
  ]);
  expect(seen.prefix).toEqual(textEntries(shared.engine.getPrefix('range 5')));
  expect(seen.reverse).toEqual(['range 13', 'range 12', 'range 11', 'range 10']);
  expect(seen.size).toBe(shared.engine.size);
});

test('a range that is read while another thread writes has each key once, in order, and none that was there is missing', async () => {
  const STABLE = 150;
  for (let key = 0; key < STABLE; key += 1) shared.engine.putSync(`moving ${key * 10}`, 'stable');
  const writing = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const [, wrong] = await JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ isWriter: thread === 0, stable: STABLE, writing }),
    (engine, { isWriter, stable, writing: left }) => {
      if (isWriter) {
        for (let round = 0; round < 3_000; round += 1) {
          const key = `moving ${(round * 7) % (stable * 10)}`;
          if (key.endsWith('0')) engine.putSync(key, `stable, ${round}`);
          else if (round % 3 === 0) engine.deleteSync(key);
          else engine.putSync(key, '');
        }
        Atomics.store(left, 0, 0);
        return [];
      }
      const found: string[] = [];
      do {
        const keys = [...engine.entries({ prefix: 'moving ' })].map(([key]) => new TextDecoder().decode(key));
        if (new Set(keys).size !== keys.length) found.push('a key is there twice');
        if (keys.some((key, index) => index > 0 && keys[index - 1]! >= key)) found.push('out of order');
        if (keys.filter((key) => key.endsWith('0')).length !== stable) found.push('a key is missing');
      } while (Atomics.load(left, 0) === 1);
      return found;
    },
  );
  expect(wrong).toEqual([]);
  expect(shared.engine.keys({ prefix: 'moving ' }).toArray()).toHaveLength(
    shared.engine.getPrefix('moving ').length,
  );
});

test('values larger than a page go from thread to thread', async () => {
  const [one, two] = shared.threads;
  const sizes = [0, 1, 4_095, 131_072, 300_000, 3_000_000];
  await one!.run((engine, list) => {
    for (const bytes of list) {
      const value = new Uint8Array(bytes);
      for (let index = 0; index < bytes; index += 1) value[index] = (index * 31 + bytes) & 0xff;
      engine.putSync(`large ${bytes}`, value);
    }
  }, sizes);
  const wrong = await two!.run((engine, list) => {
    return list.filter((bytes) => {
      const value = engine.get(`large ${bytes}`);
      return value?.length !== bytes || value.some((byte, index) => byte !== ((index * 31 + bytes) & 0xff));
    });
  }, sizes);
  expect(wrong).toEqual([]);
  await two!.run((engine) => void engine.putSync('large 300000', 'small now'), undefined);
  expect(shared.engine.get('large 300000')).toHaveLength(9);
});

test('what has left memory is read back by each thread', async () => {
  const keys = 400;
  for (let key = 0; key < keys; key += 1)
    shared.engine.putSync(`old ${key}`, new Uint8Array(6_000).fill(key));
  const results = await JoinedThread.runTogether(
    shared.threads,
    () => keys,
    (engine, count) => {
      let wrong = 0;
      for (let key = 0; key < count; key += 1) {
        const value = engine.get(`old ${key}`);
        if (value?.length !== 6_000 || value.some((byte) => byte !== (key & 0xff))) wrong += 1;
      }
      return { wrong, coldReads: engine.stats().coldReads };
    },
  );
  for (const { wrong, coldReads } of results) {
    expect(wrong).toBe(0);
    expect(coldReads).toBeGreaterThan(keys / 4);
  }
  expect(shared.engine.stats().residentBytes).toBeLessThanOrEqual(1024 * 1024);
});

test('a deadline that one thread sets has come for all', async () => {
  const [one, two] = shared.threads;
  const sizeBefore = shared.engine.size;
  const deadline = Date.now() + 60;
  await one!.run((engine, expiresAt) => {
    for (let key = 0; key < 20; key += 1) engine.putSync(`brief ${key}`, '', { expiresAt });
    engine.putSync('brief 0', 'kept after all');
  }, deadline);
  const seen = await two!.run((engine, expiresAt) => {
    const before = { now: Date.now(), size: engine.size, keys: engine.getPrefix('brief ').length };
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (Date.now() < expiresAt) Atomics.wait(cell, 0, 0, 5);
    return { before, size: engine.size, keys: engine.getPrefix('brief ').length, has: engine.has('brief 7') };
  }, deadline);
  if (seen.before.now < deadline - 30) expect(seen.before.size).toBe(sizeBefore + 20);
  expect([seen.size, seen.keys, seen.has]).toEqual([sizeBefore + 1, 1, false]);
  expect([shared.engine.size, shared.engine.has('brief 7'), shared.engine.has('brief 0')]).toEqual([
    sizeBefore + 1,
    false,
    true,
  ]);
  expect(await one!.run((engine) => engine.size, undefined)).toBe(sizeBefore + 1);
});
