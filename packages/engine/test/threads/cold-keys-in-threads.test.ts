/**
 * Proves that keys leave the index and come back while real threads read and write them: one reads keys that nobody has
 * written lately and finds each as it was written or newer, the other writes, and the main thread compacts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

const KEYS = 30_000;
let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(2, {
    maxSegmentSize: 512 * 1024,
    indexMemoryBudget: 1024 * 1024,
    compactionIntervalMs: 0,
    tombstoneGraceMs: 0,
  });
  for (let key = 0; key < KEYS; key += 1) shared.engine.putSync(`key ${key}`, '0');
  await shared.engine.flush();
});

afterAll(() => shared.end());

test('cold keys are found by every thread, whoever writes, compacts and brings them back', async () => {
  expect(shared.engine.stats().coldIndex?.coldKeys).toBeGreaterThan(KEYS / 3);
  const writing = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const running = JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ isWriter: thread === 0, left: writing, keys: KEYS }),
    (engine, { isWriter, left, keys }) => {
      let random = 7;
      const pick = (): number => (random = (random * 48_271) % 2_147_483_647) % keys;
      const wrong: string[] = [];
      if (isWriter) {
        for (let round = 1; round < 3000; round += 1) engine.putSync(`key ${pick()}`, `${round}`);
        Atomics.store(left, 0, 0);
        return { wrong, reads: 0 };
      }
      const seen = new Map<number, number>();
      let reads = 0;
      do {
        for (let times = 0; times < 50; times += 1) {
          const key = pick();
          const value = engine.getString(`key ${key}`);
          if (value === undefined) wrong.push(`key ${key} is not there`);
          else if (Number(value) < (seen.get(key) ?? 0)) wrong.push(`key ${key} went back to ${value}`);
          else seen.set(key, Number(value));
          if (engine.has(`absent ${key}`)) wrong.push(`absent ${key} is there`);
          reads += 1;
        }
      } while (Atomics.load(left, 0) === 1);
      return { wrong, reads };
    },
  );
  await shared.engine.runCompactionNow();
  const results = await running;
  expect(results.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(results[1]!.reads).toBeGreaterThan(100);
  await shared.engine.runCompactionNow();
  expect(shared.engine.size).toBe(KEYS);
  const { coldIndex } = shared.engine.stats();
  expect(coldIndex!.hotKeys + coldIndex!.coldKeys).toBe(KEYS);
  shared.reopen();
  expect(shared.engine.size).toBe(KEYS);
  for (let key = 0; key < KEYS; key += 97) expect(shared.engine.has(`key ${key}`)).toBe(true);
});

test('a portable snapshot has the cold keys too', async () => {
  let bytes = 0;
  let last: Uint8Array = new Uint8Array();
  for await (const chunk of await shared.engine.takeSnapshot()) {
    bytes += chunk.length;
    last = chunk;
  }
  expect(bytes).toBeGreaterThan(KEYS);
  expect(Number(new DataView(last.buffer, last.byteOffset).getBigUint64(8, true))).toBe(KEYS);
});
