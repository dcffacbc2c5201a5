/**
 * What the order of the keys costs: first inserts of random keys into a store that has been asked for a range before,
 * beside a store without an order; the next range query after them; and bytes per key.
 */
import { rmSync } from 'node:fs';

import { SingleNodeEngine } from '@htkv/engine';

import { alternate, ratio } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

export const costOfOrder: Question = {
  name: 'cost-of-order',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const catchingUp: number[] = [];
    let bytesPerKey = 0;
    const [withOrder = [], without = []] = await alternate(stage.rounds, [true, false], async (ordered) => {
      const dataDir = stage.newDirectory();
      const engine = await SingleNodeEngine.open({ dataDir, ordered });
      if (ordered) engine.count();
      const walk = KeyWalk.over(stage.keys, stage.newOrder());
      const start = performance.now();
      for (let index = 0; index < stage.keys; index += 1) {
        engine.putSync(walk.next(), VALUE);
        // Commits run when the event loop does, as in a server.
        if (index % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
      }
      await engine.flush();
      const seconds = (performance.now() - start) / 1000;
      if (ordered) {
        const asked = performance.now();
        engine.keys({ limit: 1 }).toArray();
        catchingUp.push(performance.now() - asked);
        bytesPerKey = engine.stats().orderedBytes / stage.keys;
      }
      await engine.close();
      rmSync(dataDir, { recursive: true });
      return stage.keys / seconds;
    });
    const wait = median(catchingUp);
    return [
      {
        question: 'first inserts with an order that is in use',
        ours: rate(median(withOrder)),
        against: `without order ${rate(median(without))}`,
        figure: ratio(withOrder, without),
        unit: 'x',
        target: { atLeast: 0.85 },
      },
      {
        question: 'the first range after all of them',
        ours: `${wait.toFixed(0)} ms`,
        against: `${stage.keys} keys`,
        figure: (wait * 1e6) / stage.keys,
        unit: 'ns/key',
      },
      {
        question: 'bytes of order per key',
        ours: `${bytesPerKey.toFixed(1)} B`,
        against: `${stage.keys} random keys`,
        figure: bytesPerKey,
        unit: 'B',
        target: { atMost: 20 },
      },
    ];
  },
};
