/** Proves that counters and consumption lose and double nothing, whichever threads do them at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

const THREADS = 4;
const TIMES = 500;
let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(THREADS, { maxSegmentSize: 256 * 1024 });
});

afterAll(() => shared.end());

test('each sum of a counter is given once', async () => {
  const sums = await JoinedThread.runTogether(
    shared.threads,
    () => TIMES,
    async (engine, times) => {
      const mine: number[] = [];
      for (let time = 0; time < times; time += 1) {
        mine.push(time % 50 === 0 ? await engine.increment('n') : engine.incrementSync('n'));
      }
      return mine;
    },
  );
  const all = sums.flat().sort((left, right) => left - right);
  expect(all).toEqual(Array.from({ length: THREADS * TIMES }, (_, index) => index + 1));
});

test('each key is consumed once', async () => {
  shared.engine.putManySync(
    Array.from({ length: TIMES }, (_, index) => [`job ${index}`, `${index}`] as const),
  );
  const got = await JoinedThread.runTogether(
    shared.threads,
    () => TIMES,
    (engine, times) => {
      const mine: string[] = [];
      for (let job = 0; job < times; job += 1) {
        const entry = engine.consumeSync(`job ${job}`);
        if (entry !== undefined) mine.push(new TextDecoder().decode(entry.value));
      }
      return mine;
    },
  );
  expect(
    got
      .flat()
      .map(Number)
      .sort((left, right) => left - right),
  ).toEqual(Array.from({ length: TIMES }, (_, index) => index));
});
