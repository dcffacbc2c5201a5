/**
 * Reads from disk: four times more data than memory for it. The half of the keys that was written first is read, in
 * random order; the system has the files in its cache, so this is the cost of the way there, not of the disk.
 */
import { SingleNodeEngine } from '@htkv/engine';

import { randomOrder } from '../random-order.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import type { Row } from '../table.ts';
import { KEY_BYTES, KeyMaker, VALUE, VALUE_BYTES } from '../workload.ts';
import type { Question } from './question.ts';

/** What a record takes in the log beside its key and value. */
const HEADER_BYTES = 48;
const RECORD_BYTES = HEADER_BYTES + KEY_BYTES + VALUE_BYTES;
const TIMES_BUDGET = 4;
const BUDGET_MIN = 1024 * 1024;

export const coldGets: Question = {
  name: 'cold-gets',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const keys = Math.max(stage.keys, Math.ceil((TIMES_BUDGET * BUDGET_MIN) / RECORD_BYTES));
    const memoryBudget = Math.floor((keys * RECORD_BYTES) / TIMES_BUDGET);
    const engine = await SingleNodeEngine.open({ dataDir: stage.newDirectory(), memoryBudget });
    const maker = new KeyMaker();
    for (let index = 0; index < keys; index += 1) engine.putSync(maker.make(index), VALUE);
    await engine.flush();

    const medians: number[] = [];
    let reads = 0;
    for (let round = 0; round <= stage.rounds; round += 1) {
      const order = randomOrder(Math.floor(keys / 2), stage.newOrder());
      reads += order.length;
      const us = timeGets(engine, maker, order);
      // The first round warms up.
      if (round > 0) medians.push(us);
    }
    const { coldReads, logBytes, residentBytes } = engine.stats();
    await engine.close();
    const us = median(medians);
    const times = (logBytes / residentBytes).toFixed(1);
    return [
      {
        question: 'get from disk, in the page cache, median',
        ours: `${us.toFixed(2)} us`,
        against: `log ${times} x memory, ${(coldReads / reads).toFixed(2)} reads a get`,
        figure: us,
        unit: 'us',
        target: { atMost: 2 },
      },
    ];
  },
};

/** Median microseconds of one get. */
function timeGets(engine: SingleNodeEngine, maker: KeyMaker, order: Int32Array): number {
  const times = new Float64Array(order.length);
  for (let index = 0; index < order.length; index += 1) {
    const key = maker.make(order[index]!);
    const start = performance.now();
    const value = engine.get(key);
    times[index] = (performance.now() - start) * 1000;
    if (value === undefined) throw new Error('a key that was written is missing');
  }
  return median(times);
}
