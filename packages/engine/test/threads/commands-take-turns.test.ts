/**
 * Proves that what is decided in one command is true when it takes effect, whichever thread makes it: real threads put,
 * delete and read at once, and conditions let exactly those win who should.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

const THREADS = 4;
let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(THREADS, { maxSegmentSize: 256 * 1024 });
});

afterAll(() => shared.end());

test('what one thread has written another one reads, overwrites and deletes', async () => {
  const [one, two, three] = shared.threads;
  await one!.run((engine) => void engine.putSync('passed on', 'from one'), undefined);
  const read = await two!.run((engine) => {
    const entry = engine.getEntry('passed on')!;
    engine.putSync('passed on', 'from two');
    return { value: new TextDecoder().decode(entry.value), version: entry.version };
  }, undefined);
  expect(read).toEqual({ value: 'from one', version: shared.engine.latestVersion() - 1 });
  expect(new TextDecoder().decode(shared.engine.get('passed on'))).toBe('from two');
  expect(await three!.run((engine) => engine.deleteSync('passed on'), undefined)).toBe('removed');
  expect(await one!.run((engine) => [engine.has('passed on'), engine.get('passed on')], undefined)).toEqual([
    false,
    undefined,
  ]);
});

test('of threads that put a key if it is absent, one wins', async () => {
  const KEYS = 400;
  const won = await JoinedThread.runTogether(
    shared.threads,
    (index) => ({ name: `thread ${index}`, keys: KEYS }),
    (engine, { name, keys }) => {
      const mine: number[] = [];
      for (let key = 0; key < keys; key += 1) {
        if (engine.putSync(`claim ${key}`, name, { ifAbsent: true }) === 'applied') mine.push(key);
      }
      return mine;
    },
  );
  const all = won.flat().sort((left, right) => left - right);
  expect(all).toEqual(Array.from({ length: KEYS }, (_, key) => key));
  for (const [index, keys] of won.entries()) {
    for (const key of keys) {
      expect(new TextDecoder().decode(shared.engine.get(`claim ${key}`))).toBe(`thread ${index}`);
    }
  }
});

test('a key that is deleted if it is present goes once, however many try', async () => {
  const KEYS = 200;
  for (let key = 0; key < KEYS; key += 1) shared.engine.putSync(`once ${key}`, '');
  const removed = await JoinedThread.runTogether(
    shared.threads,
    () => KEYS,
    (engine, keys) => {
      let count = 0;
      for (let key = 0; key < keys; key += 1) {
        if (engine.deleteSync(`once ${key}`, { ifPresent: true }) === 'removed') count += 1;
      }
      return count;
    },
  );
  expect(removed.reduce((sum, count) => sum + count, 0)).toBe(KEYS);
});

test('counters that compare versions lose nothing', async () => {
  const TIMES = 250;
  const tries = await JoinedThread.runTogether(
    shared.threads,
    () => TIMES,
    (engine, times) => {
      let attempts = 0;
      for (let done = 0; done < times;) {
        attempts += 1;
        const entry = engine.getEntry('counter');
        const next = entry === undefined ? 1 : Number(new TextDecoder().decode(entry.value)) + 1;
        const condition = entry === undefined ? { ifAbsent: true } : { ifVersion: entry.version };
        // Others get in between now and then.
        if (attempts % 8 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.05);
        if (engine.putSync('counter', `${next}`, condition) === 'applied') done += 1;
      }
      return attempts;
    },
  );
  expect(new TextDecoder().decode(shared.engine.get('counter'))).toBe(`${THREADS * TIMES}`);
  expect(tries.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(THREADS * TIMES);
});

test('of sets that carry versions the highest stays, in whatever order they come', async () => {
  const VERSIONS = 400;
  const results = await JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ thread, threads: THREADS, versions: VERSIONS }),
    (engine, { thread, threads, versions }) => {
      let seen = 0;
      let isBack = false;
      const mine: number[] = [];
      for (let index = 0; index < versions; index += 1) {
        // Each version once, dealt to the threads, small ones and large ones mixed.
        const version = 1 + ((index * 271 + 7) % versions);
        if (version % threads !== thread) continue;
        const outcome = engine.submitSync({ type: 'set', key: 'versioned', value: `${version}`, version });
        if (outcome === 'applied') mine.push(version);
        const now = engine.getEntry('versioned')!;
        isBack ||= now.version < seen || Number(new TextDecoder().decode(now.value)) !== now.version;
        seen = now.version;
      }
      return { mine, isBack };
    },
  );
  expect(results.map(({ isBack }) => isBack)).toEqual([false, false, false, false]);
  const entry = shared.engine.getEntry('versioned')!;
  expect([entry.version, new TextDecoder().decode(entry.value)]).toEqual([VERSIONS, `${VERSIONS}`]);
});

test('versions and places in the commit order are given once', async () => {
  const before = shared.engine.latestSequence();
  const versions = await JoinedThread.runTogether(
    shared.threads,
    (index) => index,
    (engine, thread) => {
      const mine: number[] = [];
      for (let index = 0; index < 200; index += 1) {
        engine.putSync(`own ${thread} ${index}`, '');
        mine.push(engine.getEntry(`own ${thread} ${index}`)!.version);
      }
      return mine;
    },
  );
  expect(new Set(versions.flat()).size).toBe(THREADS * 200);
  for (const mine of versions) expect(mine).toEqual(mine.toSorted((left, right) => left - right));
  expect(shared.engine.latestSequence()).toBe(before + THREADS * 200);
});
