/**
 * `transactionSync` that reads one key and writes it, without a conflict, beside plain `putSync` and the same in lmdb.
 * A transaction of lmdb is committed when it returns, so it makes fewer of them.
 */
import { alternate } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import { besideOthers } from './beside-others.ts';
import type { Question } from './question.ts';

const NATIVE_TRANSACTIONS = 1_000;

export const transactions: Question = {
  name: 'transactions',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const { engine } = await stage.htkv();
    const lmdb = await stage.lmdb();
    const ways: readonly { readonly count: number; readonly make: (key: Uint8Array) => void }[] = [
      {
        count: stage.keys,
        make: (key) =>
          engine.transactionSync((tx) => {
            tx.get(key);
            tx.put(key, VALUE);
          }),
      },
      { count: stage.keys, make: (key) => void engine.putSync(key, VALUE) },
      { count: Math.min(stage.keys, NATIVE_TRANSACTIONS), make: (key) => lmdb.readAndPut(key, VALUE) },
    ];
    const figures = await alternate(stage.rounds, ways, async ({ count, make }) => {
      const walk = KeyWalk.over(stage.keys, stage.newOrder());
      const start = performance.now();
      for (let index = 0; index < count; index += 1) make(walk.next());
      await engine.flush();
      return count / ((performance.now() - start) / 1000);
    });
    return besideOthers('transactionSync, one read, one write', figures, [
      { name: 'putSync', target: { atLeast: 0.3 } },
      { name: 'lmdb transactionSync', target: { atLeast: 2 } },
    ]);
  },
};
