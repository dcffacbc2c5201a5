/**
 * Keys outside of the index: a store with an `indexMemoryBudget` that most of its keys have no room in, spread over
 * sixteen segments. Keys of the older three quarters are read in random order, each get timed, with the files in the
 * system's cache; then keys that were never written.
 */
import { SingleNodeEngine } from '@htkv/engine';

import { randomOrder } from '../random-order.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import type { Row } from '../table.ts';
import { KEY_BYTES, KeyMaker, VALUE, VALUE_BYTES } from '../workload.ts';
import type { Question } from './question.ts';

const KEYS_MIN = 60_000;
const SEGMENTS = 16;
const RECORD_BYTES = 48 + KEY_BYTES + VALUE_BYTES;
const BUDGET_MIN = 1024 * 1024;
const BUDGET_PER_KEY = 4;
const GETS = 20_000;

export const coldKeys: Question = {
  name: 'cold-keys',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const keys = Math.max(stage.keys, KEYS_MIN);
    const engine = await SingleNodeEngine.open({
      dataDir: stage.newDirectory(),
      maxSegmentSize: Math.min(64 * 1024 * 1024, Math.ceil((keys * RECORD_BYTES) / SEGMENTS)),
      indexMemoryBudget: Math.max(BUDGET_MIN, keys * BUDGET_PER_KEY),
    });
    const maker = new KeyMaker();
    for (let index = 0; index < keys; index += 1) engine.putSync(maker.make(index), VALUE);
    await engine.flush();

    const present: number[] = [];
    const absent: number[] = [];
    const { coldIndex } = engine.stats();
    for (let round = 0; round <= stage.rounds; round += 1) {
      const order = randomOrder(Math.floor((keys * 3) / 4), stage.newOrder()).subarray(0, GETS);
      const found = timeGets(engine, maker, order, 0, true);
      const missed = timeGets(engine, maker, order, keys, false);
      // The first round warms up.
      if (round === 0) continue;
      present.push(found);
      absent.push(missed);
    }
    const after = engine.stats().coldIndex!;
    await engine.close();
    const gets = (stage.rounds + 1) * Math.min(GETS, Math.floor((keys * 3) / 4));
    const falsePositives = after.falsePositives - coldIndex!.falsePositives;
    const hits = after.footerLookups - coldIndex!.footerLookups - falsePositives;
    return [
      {
        question: 'get of a key outside of the index, median',
        ours: `${median(present).toFixed(2)} us`,
        against: `${((hits / gets) * 100).toFixed(0)} % of them were, of ${keys} keys ${coldIndex!.hotKeys} inside`,
        figure: median(present),
        unit: 'us',
        target: { atMost: 8 },
      },
      {
        question: 'get of a key that is not there, median',
        ours: `${median(absent).toFixed(2)} us`,
        against: `${(falsePositives / gets).toFixed(2)} looks into a file for each of both`,
        figure: median(absent),
        unit: 'us',
      },
    ];
  },
};

/** Median microseconds of one get. */
function timeGets(
  engine: SingleNodeEngine,
  maker: KeyMaker,
  order: Int32Array,
  offset: number,
  isThere: boolean,
): number {
  const times = new Float64Array(order.length);
  for (let index = 0; index < order.length; index += 1) {
    const key = maker.make(order[index]! + offset);
    const start = performance.now();
    const value = engine.get(key);
    times[index] = (performance.now() - start) * 1000;
    if ((value !== undefined) !== isThere)
      throw new Error('a key was found that is not there, or was not found');
  }
  return median(times);
}
