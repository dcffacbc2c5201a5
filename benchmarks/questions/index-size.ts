/**
 * Bytes of index per key. The index doubles, so the figure depends on where between two doublings a store is: it is
 * given at the number of keys, at three and a third times as many, and as the mean over the sizes from one to two
 * times the number of keys, every one of which is as likely as its double.
 */
import { SingleNodeEngine } from '@htkv/engine';

import type { Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { KeyMaker, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

const SAMPLES = 32;

export const indexSize: Question = {
  name: 'index-size',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const maker = new KeyMaker();
    const engine = await SingleNodeEngine.open({ dataDir: stage.newDirectory() });
    let filled = 0;
    const bytesPerKeyAt = (keys: number): number => {
      for (; filled < keys; filled += 1) engine.putSync(maker.make(filled), VALUE);
      return engine.stats().indexBytes / keys;
    };
    let sum = 0;
    const atKeys = bytesPerKeyAt(stage.keys);
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      sum += bytesPerKeyAt(Math.round(stage.keys * 2 ** (sample / SAMPLES)));
    }
    const more = Math.round((stage.keys * 10) / 3);
    const atMore = bytesPerKeyAt(more);
    await engine.close();
    const mean = sum / SAMPLES;
    return [
      {
        question: 'bytes of index per key, mean over sizes',
        ours: `${mean.toFixed(1)} B`,
        against: `${stage.keys}: ${atKeys.toFixed(1)} B; ${more}: ${atMore.toFixed(1)} B`,
        figure: mean,
        unit: 'B',
        target: { atMost: 22 },
      },
    ];
  },
};
