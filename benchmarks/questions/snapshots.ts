/** Snapshots: what taking one costs, and what a read in one costs beside a plain get. */
import { alternate } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { median, quantile } from '../statistics.ts';
import type { Row } from '../table.ts';
import { KeyWalk } from '../workload.ts';
import { besideOthers } from './beside-others.ts';
import type { Question } from './question.ts';

const SNAPSHOTS = 10_000;

export const snapshots: Question = {
  name: 'snapshots',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const { engine } = await stage.htkv();
    const [medians = []] = await alternate(stage.rounds, [engine], () => {
      const microseconds = new Float64Array(SNAPSHOTS);
      for (let index = 0; index < SNAPSHOTS; index += 1) {
        const start = performance.now();
        const view = engine.snapshot();
        microseconds[index] = (performance.now() - start) * 1000;
        view[Symbol.dispose]();
      }
      return quantile(microseconds, 0.5);
    });
    const taking = median(medians);
    using view = engine.snapshot();
    const readers = [view, engine];
    const figures = await alternate(stage.rounds, readers, (reader) => {
      const walk = KeyWalk.over(stage.keys, stage.newOrder());
      const start = performance.now();
      for (let index = 0; index < stage.keys; index += 1) {
        if (reader.get(walk.next()) === undefined) throw new Error('a key that was written is missing');
      }
      return stage.keys / ((performance.now() - start) / 1000);
    });
    return [
      {
        question: 'taking a snapshot, median',
        ours: `${taking.toFixed(2)} us`,
        against: `a store of ${stage.keys} keys`,
        figure: taking,
        unit: 'us',
        target: { atMost: 5 },
      },
      ...besideOthers('random get in a snapshot', figures, [{ name: 'get', target: { atLeast: 0.6 } }]),
    ];
  },
};
