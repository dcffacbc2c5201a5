/**
 * Proves that takers of a stale lock file whose calls are interleaved in any way, some of whom die on the way, end
 * with one holder. Each taker is a thread that waits for the test before every call of the file system; the test
 * deals the order from a seed.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeLockHolder } from '../../src/fs/lock-holder.ts';
import { SeededRandom } from '../../src/testing/index.ts';
import { change, TakerState, type TakerData } from './stepped-taker.ts';

const takers = [1, 2, 3];
const words = new Int32Array(new SharedArrayBuffer(4 * (takers.length + 1)));
const busyStates = new Set<number>([TakerState.starting, TakerState.going, TakerState.dying]);

let directory: string;
let workers: Worker[];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'htkv-interleaving-'));
  workers = takers.map((taker) => {
    const workerData: TakerData = { words, taker, directory };
    return new Worker(new URL('./stepped-taker.ts', import.meta.url), { workerData, execArgv: [] });
  });
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()));
  rmSync(directory, { recursive: true, force: true });
});

/** Waits until the taker has done what it was told; returns the state it is in then. */
function settled(taker: number): number {
  for (;;) {
    const state = Atomics.load(words, taker);
    if (!busyStates.has(state)) return state;
    expect(Atomics.wait(words, taker, state, 20_000), 'a taker does not answer').not.toBe('timed-out');
  }
}

/** Plays one order of calls. Returns how the takers ended, and the order for the message of a failure. */
function playRound(round: number, deathChance: number): { ends: number[]; order: string } {
  const random = new SeededRandom(`lock-interleaving/${round}/${deathChance}`);
  const path = join(directory, String(round));
  mkdirSync(path);
  const stale = { pid: 1000, startTime: '1', host: 'here', bootId: 'an earlier boot', since: '2026' };
  const facts = {
    token: 'e'.repeat(32),
    pidNamespace: undefined,
    networkNamespace: undefined,
    kernelLock: undefined,
  };
  writeFileSync(join(path, 'LOCK'), encodeLockHolder({ ...stale, ...facts }));
  words[0] = round;
  for (const taker of takers) change(words, taker, TakerState.starting);
  const order: number[] = [];
  let last = 0;
  // Long runs of one taker with few changes find more than an even mix does, so how often it changes is dealt too.
  const changeChance = random.pick([0.1, 0.3, 1]);
  for (;;) {
    const waiting = takers.filter((taker) => settled(taker) === TakerState.waiting);
    if (waiting.length === 0) break;
    if (!waiting.includes(last) || random.chance(changeChance)) last = random.pick(waiting);
    const isDying = random.chance(deathChance);
    order.push(isDying ? -last : last);
    change(words, last, isDying ? TakerState.dying : TakerState.going);
  }
  const ends = takers.map((taker) => Atomics.load(words, taker));
  for (const taker of takers) change(words, taker, TakerState.idle);
  return { ends, order: `round ${round}, order ${order.join(' ')}` };
}

test('three takers in any order: one holds the lock, the others are refused, and nothing is left behind', () => {
  const winners = new Set<number>();
  for (let round = 0; round < 150; round += 1) {
    const { ends, order } = playRound(round, 0);
    expect(
      ends.toSorted((left, right) => left - right),
      order,
    ).toEqual([TakerState.refused, TakerState.refused, TakerState.holding]);
    winners.add(ends.indexOf(TakerState.holding));
    // A taker that was refused may have been past the cleaning of the holder.
    expect(readdirSync(join(directory, String(round))), order).toEqual(['LOCK']);
  }
  expect(winners.size).toBe(takers.length);
});

test('takers that die on the way never leave two holders', () => {
  const counts = { holding: 0, dead: 0 };
  for (let round = 1000; round < 1150; round += 1) {
    const { ends, order } = playRound(round, 0.03);
    expect(ends, order).not.toContain(TakerState.failed);
    const holding = ends.filter((end) => end === TakerState.holding).length;
    expect(holding, order).toBeLessThanOrEqual(1);
    counts.holding += holding;
    counts.dead += ends.filter((end) => end === TakerState.dead).length;
  }
  expect(counts.holding).toBeGreaterThan(100);
  expect(counts.dead).toBeGreaterThan(50);
});
