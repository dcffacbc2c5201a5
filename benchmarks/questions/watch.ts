/**
 * Following the changes of a store: how many a second one consumer of everything takes, change by change and many at a
 * time, from the log in memory. Keys and values are copied.
 */
import { SingleNodeEngine } from '@htkv/engine';

import { alternate } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

/** What a consumer has to keep up with. */
const CHANGES_PER_SECOND = 1_000_000;

type Take = (engine: SingleNodeEngine) => Promise<number>;

const ways: readonly (readonly [name: string, take: Take])[] = [
  [
    'watch, everything, many at a time',
    async (engine) => {
      const last = engine.latestSequence();
      let count = 0;
      for await (const changes of engine.watch({ since: 0 }).batches()) {
        count += changes.length;
        if (changes.at(-1)!.sequence === last) break;
      }
      return count;
    },
  ],
  [
    'watch, everything, change by change',
    async (engine) => {
      const last = engine.latestSequence();
      let count = 0;
      for await (const { sequence } of engine.watch({ since: 0 })) {
        count += 1;
        if (sequence === last) break;
      }
      return count;
    },
  ],
];

export const watching: Question = {
  name: 'watch',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const engine = await SingleNodeEngine.open({ dataDir: stage.newDirectory() });
    const walk = KeyWalk.over(stage.keys, stage.newOrder());
    for (let index = 0; index < stage.keys; index += 1) engine.putSync(walk.next(), VALUE);
    await engine.flush();
    const rates = await alternate(stage.rounds, ways, async ([, take]) => {
      const start = performance.now();
      const count = await take(engine);
      if (count !== stage.keys) throw new Error(`expected ${stage.keys} changes, got ${count}`);
      return count / ((performance.now() - start) / 1000);
    });
    await engine.close();
    return ways.map(([question], index): Row => {
      const ours = median(rates[index]!);
      return {
        question,
        ours: rate(ours),
        against: rate(CHANGES_PER_SECOND),
        figure: ours / CHANGES_PER_SECOND,
        unit: 'x',
        target: { atLeast: 1 },
      };
    });
  },
};
