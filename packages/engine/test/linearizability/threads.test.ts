/**
 * Proves that real threads on one engine see what a single thread could have seen: histories of four threads, the one
 * that opened the engine among them, each of 1,000 calls on few keys, are recorded and searched for a legal order;
 * then histories in which threads are killed in the middle. `HTKV_HISTORIES` says how many, `HTKV_HISTORY_SEED` which.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SeededRandom } from '@htkv/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { IS_BUILT } from '../threads/load-engine.ts';
import { SharedEngine } from '../threads/shared-engine.ts';
import { findViolation, type Operation } from './linearizable.ts';
import { makeCalls, newClock, recordedCalls, rowsFor, type CallPlan } from './recorded-calls.ts';

const HISTORIES = Number(process.env['HTKV_HISTORIES'] ?? 50);
const seed = process.env['HTKV_HISTORY_SEED'] ?? 'histories';
const CALLS = 1_000;
const THREADS = 4;
/** A thread is started for each that is killed. */
const KILLED_HISTORIES = Math.ceil(HISTORIES / 20);

let shared: SharedEngine;
let workers: Worker[];

async function start(): Promise<Worker> {
  const worker = new Worker(new URL('./history-thread.ts', import.meta.url), {
    workerData: { handle: shared.handle, isBuilt: IS_BUILT },
    execArgv: [],
  });
  await once(worker, 'message');
  return worker;
}

beforeAll(async () => {
  shared = new SharedEngine({ maxSegmentSize: 1024 * 1024 });
  workers = await Promise.all(Array.from({ length: THREADS - 1 }, start));
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()));
  await shared.end();
});

function plansOf(name: string, threads: number): CallPlan[] {
  const clock = newClock();
  const keys = new SeededRandom(name).between(2, 12);
  return Array.from({ length: threads }, (_, thread) => ({
    seed: name,
    prefix: name,
    thread,
    count: CALLS,
    keys,
    clock,
    threads,
    rows: rowsFor(CALLS),
  }));
}

function check(plans: readonly CallPlan[]): Operation[] {
  const history = plans.flatMap(recordedCalls);
  const violation = findViolation(history);
  if (violation !== undefined) expect.fail(`${plans[0]!.prefix}: ${violation.message}`);
  return history;
}

/** Calls that overlap one of another thread on the same key: what makes a history say something. */
function overlaps(history: readonly Operation[]): number {
  return history.filter(({ thread, key, invokedAt, returnedAt }) =>
    history.some(
      (other) =>
        other.thread !== thread &&
        other.key === key &&
        other.invokedAt < returnedAt &&
        other.returnedAt > invokedAt,
    ),
  ).length;
}

test(
  `${HISTORIES} histories of ${THREADS} threads have a legal order, seed ${seed}`,
  { timeout: 240_000 + HISTORIES * 1_000 },
  async () => {
    let overlapping = 0;
    for (let index = 0; index < HISTORIES; index += 1) {
      const plans = plansOf(`${seed} ${index}`, THREADS);
      const done = workers.map((worker, thread) => {
        worker.postMessage(plans[thread + 1]);
        return once(worker, 'message');
      });
      makeCalls(shared.engine, plans[0]!);
      await Promise.all(done);
      const history = check(plans);
      expect(history).toHaveLength(THREADS * CALLS);
      if (index < 3) overlapping += overlaps(history);
    }
    expect(overlapping).toBeGreaterThan(0);
  },
);

test(
  `${KILLED_HISTORIES} histories in which a thread is killed have a legal order, seed ${seed}`,
  { timeout: 240_000 + HISTORIES * 1_000 },
  async () => {
    const random = new SeededRandom(seed);
    let cutShort = 0;
    for (let index = 0; index < KILLED_HISTORIES; index += 1) {
      // The thread that kills makes no calls.
      const plans = plansOf(`${seed} killed ${index}`, workers.length);
      const done = workers.map((worker, thread) => {
        worker.postMessage(plans[thread]);
        return once(worker, 'message');
      });
      const [victim] = workers;
      const fate = plans[0]!.rows;
      const killAfter = random.below(CALLS / 2);
      // A row begins with numbers of which the fifth is the time of the call.
      while (fate[killAfter * 8 + 4] === 0) await new Promise((resolve) => setImmediate(resolve));
      await victim!.terminate();
      await Promise.all(done.slice(1));
      if (check(plans).filter(({ thread }) => thread === 0).length < CALLS * 0.9) cutShort += 1;
      workers = [...workers.slice(1), await start()];
    }
    expect(cutShort).toBeGreaterThan(0);
    await shared.untilThreads(THREADS);
  },
);
