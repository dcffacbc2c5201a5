/**
 * Proves that the transactions of four threads are serialisable: each notes what it has read and writes a key of its own,
 * whose version says where in the order it took effect. Run again one after the other in that order, over a map, each
 * has to read the very same.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { JoinedThread } from './joined-thread.ts';
import { text } from '../text.ts';
import { SharedEngine } from './shared-engine.ts';

const THREADS = 4;
const TIMES = 250;
let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(THREADS, { maxSegmentSize: 256 * 1024 });
});

afterAll(() => shared.end());

/** One transaction as its thread saw it. */
interface Noted {
  readonly name: string;
  readonly reads: readonly (readonly [string, string | undefined])[];
  readonly range: { readonly from: string; readonly to: string; readonly found: readonly [string, string][] };
  /** A value that is undefined deletes. */
  readonly writes: readonly (readonly [string, string | undefined])[];
  readonly attempts: number;
}

async function runAll(): Promise<Noted[]> {
  const noted = await JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ thread, times: TIMES }),
    async (engine, { thread, times }): Promise<Noted[]> => {
      const decoder = new TextDecoder();
      const asText = (bytes: Uint8Array | undefined): string | undefined =>
        bytes === undefined ? undefined : decoder.decode(bytes);
      let random = 7 * thread + 1;
      const below = (limit: number): number => (random = (random * 48_271) % 2_147_483_647) % limit;
      const all: Noted[] = [];
      for (let time = 0; time < times; time += 1) {
        const name = `transaction ${thread} ${time}`;
        const keys = [`k${below(8)}`, `k${below(8)}`, `k${below(8)}`] as const;
        const from = below(8);
        const isDelete = below(4) === 0;
        const body = (tx: Parameters<Parameters<typeof engine.transaction>[0]>[0]): Noted => {
          const reads = keys.slice(0, 2).map((key) => [key, asText(tx.get(key))] as const);
          const range = { from: `k${from}`, to: `k${from + 3}` };
          const found = [...tx.entries({ gte: range.from, lt: range.to })].map(
            ([key, value]): [string, string] => [decoder.decode(key), decoder.decode(value)],
          );
          const writes = [
            [keys[2], isDelete ? undefined : `${name} ${found.length}`] as const,
            [name, ''] as const,
          ];
          for (const [key, value] of writes) {
            if (value === undefined) tx.delete(key);
            else tx.put(key, value);
          }
          return { name, reads, range: { ...range, found }, writes, attempts: tx.attempt };
        };
        const options = { attempts: 10_000, durability: 'memory' } as const;
        all.push(
          time % 2 === 0 ? engine.transactionSync(body, options) : await engine.transaction(body, options),
        );
      }
      return all;
    },
  );
  return noted.flat();
}

test('their results are those of some order, one after the other', async () => {
  const noted = await runAll();
  const order = noted
    .map((each) => ({ ...each, version: shared.engine.getEntry(each.name)!.version }))
    .sort((left, right) => left.version - right.version);
  const state = new Map<string, string>();
  for (const { name, reads, range, writes } of order) {
    const found = [...state]
      .filter(([key]) => key >= range.from && key < range.to)
      .sort(([left], [right]) => (left < right ? -1 : 1));
    expect([reads, range.found], name).toEqual([reads.map(([key]) => [key, state.get(key)]), found]);
    for (const [key, value] of writes) {
      if (!key.startsWith('k')) continue;
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
  }
  expect(order.length).toBe(THREADS * TIMES);
  expect(
    noted.some(({ attempts }) => attempts > 1),
    'threads that met',
  ).toBe(true);
  const left = shared.engine.getPrefix('k').map(([key, value]) => [text(key), text(value)]);
  expect(left).toEqual([...state].sort(([one], [other]) => (one < other ? -1 : 1)));
});
