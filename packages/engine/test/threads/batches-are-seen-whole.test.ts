/**
 * Proves that a reader in another thread sees a batch whole or not at all, while pages leave memory under it and come
 * back from the disk: real threads move amounts between accounts, others collect all accounts twice, and where no
 * version has changed in between, the accounts were so at one moment.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { JoinedThread, type Step } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

const ACCOUNTS = 6;
const TOTAL = ACCOUNTS * 1_000;
const COLD_KEYS = 200;
let shared: SharedEngine;

beforeAll(async () => {
  // Eight pages of memory, and more than that in values that nobody has written for long.
  shared = await SharedEngine.start(4, { maxSegmentSize: 512 * 1024 });
  for (let key = 0; key < COLD_KEYS; key += 1) {
    shared.engine.putSync(`cold ${key}`, new Uint8Array(8_000).fill(key));
  }
});

afterAll(() => shared.end());

interface Task {
  readonly role: 'move' | 'watch';
  readonly thread: number;
  readonly accounts: number;
  readonly coldKeys: number;
  /** Bytes of a value; its amount comes first. */
  readonly bytes: number;
  readonly times: number;
  /** Threads that still move. */
  readonly moving: Int32Array;
}

interface Report {
  readonly sums: number[];
  readonly moments: number;
  readonly coldReads: number;
  readonly wrongCold: number;
}

const moveOrWatch: Step<Task, Report> = (
  engine,
  { role, thread, accounts, coldKeys, bytes, times, moving },
) => {
  let state = thread * 7_919 + 1;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const amountOf = (value: Uint8Array): number => new DataView(value.buffer, value.byteOffset).getInt32(0);
  const valueOf = (amount: number): Uint8Array => {
    const value = new Uint8Array(bytes);
    new DataView(value.buffer).setInt32(0, amount);
    return value;
  };
  const sums = new Set<number>();
  let [moments, wrongCold] = [0, 0];
  if (role === 'move') {
    for (let moved = 0; moved < times;) {
      const from = below(accounts);
      const to = (from + 1 + below(accounts - 1)) % accounts;
      const [left, right] = [engine.getEntry(`account ${from}`)!, engine.getEntry(`account ${to}`)!];
      const amount = below(100);
      const outcomes = engine.submitBatchSync(
        [
          {
            type: 'set',
            key: `account ${from}`,
            value: valueOf(amountOf(left.value) - amount),
            ifVersion: left.version,
          },
          {
            type: 'set',
            key: `account ${to}`,
            value: valueOf(amountOf(right.value) + amount),
            ifVersion: right.version,
          },
        ],
        { atomic: 'allOrNothing' },
      );
      if (outcomes.every((outcome) => outcome === 'applied')) moved += 1;
    }
    Atomics.sub(moving, 0, 1);
  } else {
    const collect = (): { version: number; amount: number }[] =>
      Array.from({ length: accounts }, (_, account) => {
        const { version, value } = engine.getEntry(`account ${account}`)!;
        return { version, amount: amountOf(value) };
      });
    do {
      const first = collect();
      const second = collect();
      if (first.every(({ version }, account) => version === second[account]!.version)) {
        moments += 1;
        sums.add(first.reduce((sum, { amount }) => sum + amount, 0));
      }
      const key = below(coldKeys);
      const cold = engine.get(`cold ${key}`)!;
      if (cold.length !== 8_000 || cold.some((byte) => byte !== key % 256)) wrongCold += 1;
    } while (Atomics.load(moving, 0) > 0);
  }
  return { sums: [...sums], moments, coldReads: engine.stats().coldReads, wrongCold };
};

test.for([
  { bytes: 64, times: 2_000 },
  { bytes: 12_000, times: 250 },
])('amounts of $bytes bytes are moved and none is seen on its way', async ({ bytes, times }) => {
  for (let account = 0; account < ACCOUNTS; account += 1) {
    const value = new Uint8Array(bytes);
    new DataView(value.buffer).setInt32(0, 1_000);
    shared.engine.putSync(`account ${account}`, value);
  }
  const moving = new Int32Array(new SharedArrayBuffer(4)).fill(2);
  const reports = await JoinedThread.runTogether(
    shared.threads,
    (thread): Task => ({
      role: thread < 2 ? 'move' : 'watch',
      thread,
      accounts: ACCOUNTS,
      coldKeys: COLD_KEYS,
      bytes,
      times,
      moving,
    }),
    moveOrWatch,
  );
  for (const { sums, moments, coldReads, wrongCold } of reports.slice(2)) {
    expect(moments).toBeGreaterThan(0);
    expect(sums).toEqual([TOTAL]);
    expect(coldReads).toBeGreaterThan(0);
    expect(wrongCold).toBe(0);
  }
  const amounts = Array.from({ length: ACCOUNTS }, (_, account) =>
    new DataView(shared.engine.get(`account ${account}`)!.buffer).getInt32(0),
  );
  expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(TOTAL);
});

test('a batch of sets and deletes is one step for who reads keys one after another', async () => {
  const moving = new Int32Array(new SharedArrayBuffer(4)).fill(2);
  const torn = await JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ isWriter: thread < 2, moving }),
    (engine, { isWriter, moving: left }) => {
      const KEYS = 5;
      if (isWriter) {
        for (let round = 0; round < 600; round += 1) {
          const commands = Array.from({ length: KEYS }, (_, key) =>
            round % 3 === 2
              ? ({ type: 'delete', key: `whole ${key}` } as const)
              : ({ type: 'set', key: `whole ${key}`, value: `${round}`.padEnd(400 * key) } as const),
          );
          engine.submitBatchSync(commands);
        }
        Atomics.sub(left, 0, 1);
        return 0;
      }
      let count = 0;
      const versionOf = (key: number): number => engine.getEntry(`whole ${key}`)?.version ?? 0;
      const roundOf = (key: number): string => {
        const value = engine.get(`whole ${key}`);
        return value === undefined ? 'none' : new TextDecoder().decode(value).trim();
      };
      while (Atomics.load(left, 0) > 0) {
        const before = versionOf(0);
        if (before === 0) continue;
        const rounds = Array.from({ length: KEYS }, (_, key) => roundOf(key));
        // Nothing changed in between: all are of one batch.
        if (versionOf(0) === before && new Set(rounds).size !== 1) count += 1;
      }
      return count;
    },
  );
  expect(torn).toEqual([0, 0, 0, 0]);
});
