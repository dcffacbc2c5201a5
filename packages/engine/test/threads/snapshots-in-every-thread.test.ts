/**
 * Proves that snapshots are of one place in the commit order across threads: while real threads move amounts between
 * accounts in batches, each snapshot in any thread finds the same sum by every way to read, as often as it asks.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

const ACCOUNTS = 16;
const EACH = 100;
let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(4, { maxSegmentSize: 256 * 1024 });
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => ({
    type: 'set' as const,
    key: `account ${index}`,
    value: `${EACH}`,
  }));
  shared.engine.submitBatchSync(accounts);
});

afterAll(() => shared.end());

test('every snapshot has the same sum, whoever writes meanwhile', async () => {
  const results = await JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ thread, accounts: ACCOUNTS, sum: ACCOUNTS * EACH, turns: 300 }),
    (engine, { thread, accounts, sum, turns }) => {
      const decoder = new TextDecoder();
      const amountOf = (value: Uint8Array): number => Number(decoder.decode(value));
      let random = thread + 1;
      const pick = (): number => (random = (random * 48_271) % 2_147_483_647) % accounts;
      let wrong = 0;
      let moved = 0;
      for (let turn = 0; turn < turns; turn += 1) {
        const view = engine.snapshot();
        const listed = view.getPrefix('account ').map(([, value]) => amountOf(value));
        const [from, to] = [pick(), pick()];
        const [payer, payee] = [view.getEntry(`account ${from}`)!, view.getEntry(`account ${to}`)!];
        if (from !== to) {
          const outcomes = engine.submitBatchSync(
            [
              {
                type: 'set',
                key: `account ${from}`,
                value: `${amountOf(payer.value) - 1}`,
                ifVersion: payer.version,
              },
              {
                type: 'set',
                key: `account ${to}`,
                value: `${amountOf(payee.value) + 1}`,
                ifVersion: payee.version,
              },
            ],
            { atomic: 'allOrNothing' },
          );
          if (outcomes.every((outcome) => outcome === 'applied')) moved += 1;
        }
        let again = 0;
        for (let account = 0; account < accounts; account += 1)
          again += amountOf(view.get(`account ${account}`)!);
        const total = listed.reduce((left, right) => left + right, 0);
        if (total !== sum || again !== sum || view.size !== accounts) wrong += 1;
        view[Symbol.dispose]();
      }
      return { wrong, moved };
    },
  );
  expect(results.map(({ wrong }) => wrong)).toEqual([0, 0, 0, 0]);
  for (const { moved } of results) expect(moved).toBeGreaterThan(0);
  expect(shared.engine.stats().openSnapshots).toBe(0);
});

test('a snapshot of a thread counts until the thread is gone', async () => {
  const [thread] = await shared.join(1);
  await thread!.run((engine) => void engine.snapshot(), undefined);
  expect(shared.engine.stats().openSnapshots).toBe(1);
  const { threads } = shared.engine.stats();
  await thread!.terminate();
  await shared.untilThreads(threads - 1);
  expect(shared.engine.stats()).toMatchObject({ openSnapshots: 0, oldestSnapshot: undefined });
});

test('a snapshot ends with the engine of its thread', async () => {
  const [thread] = await shared.join(1);
  const code = await thread!.run(async (engine) => {
    const view = engine.snapshot();
    await engine.close();
    try {
      view.get('account 1');
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return 'no error';
  }, undefined);
  expect(code).toBe('ENGINE_CLOSED');
  expect(shared.engine.stats().openSnapshots).toBe(0);
});
