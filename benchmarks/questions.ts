/**
 * What the first look asks, each as a rate in operations per second. Every byte that a question writes is synced before
 * its clock stops.
 */
import type { Contestant } from './contestant.ts';
import { KeyWalk, READ_STEP, VALUE_BYTES, WRITE_STEP } from './workload.ts';

export interface Question {
  readonly name: string;
  /** Operations per second. */
  readonly measure: (contestant: Contestant, keys: number) => Promise<number>;
}

const value = new Uint8Array(VALUE_BYTES).fill(7);

async function rate(operations: number, run: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await run();
  return operations / ((performance.now() - start) / 1000);
}

function puts(contestant: Contestant, keys: number): Promise<number> {
  const walk = new KeyWalk(keys, WRITE_STEP);
  return rate(keys, async () => {
    for (let index = 0; index < keys; index += 1) contestant.put(walk.next(), value);
    await contestant.settle();
  });
}

function gets(contestant: Contestant, keys: number, operations: number): Promise<number> {
  const walk = new KeyWalk(keys, READ_STEP);
  let missing = 0;
  return rate(operations, () => {
    for (let index = 0; index < operations; index += 1) if (!contestant.get(walk.next())) missing += 1;
    if (missing > 0) throw new Error(`${contestant.name} misses ${missing} keys that were written`);
  });
}

function awaitedPuts(contestant: Contestant, keys: number): Promise<number> {
  const walk = new KeyWalk(keys, WRITE_STEP);
  const operations = 500;
  return rate(operations, async () => {
    for (let index = 0; index < operations; index += 1) await contestant.putDurably(walk.next(), value);
  });
}

function putsInFlight(contestant: Contestant, keys: number): Promise<number> {
  const walk = new KeyWalk(keys, WRITE_STEP);
  const rounds = 20;
  return rate(rounds * 1000, async () => {
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: 1000 }, () => contestant.putDurably(walk.next(), value)));
    }
  });
}

export const QUESTIONS: readonly Question[] = [
  { name: 'put, then flush', measure: puts },
  { name: 'get, any key', measure: (contestant, keys) => gets(contestant, keys, keys) },
  { name: 'get, 4,096 hot keys', measure: (contestant, keys) => gets(contestant, 4096, keys) },
  { name: 'durable put, one after another', measure: awaitedPuts },
  { name: 'durable put, 1,000 in flight', measure: putsInFlight },
];
