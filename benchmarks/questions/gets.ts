/** Reads: of any key, and of 4,096 keys that stay in the processor's cache. The value's bytes are touched. */
import type { Reader } from '../contestants/contestant.ts';
import { alternate, type Figures } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import { besideOthers } from './beside-others.ts';
import type { Question } from './question.ts';

const HOT_KEYS = 4096;

export const randomGets: Question = {
  name: 'random-gets',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const figures = await measure(stage, stage.keys, [await stage.htkv(), await stage.lmdb(), stage.map()]);
    return besideOthers('random get', figures, [
      { name: 'lmdb getBinaryFast', target: { atLeast: 2.5 } },
      { name: 'Map of latin1 strings', target: { atLeast: 1.2 } },
    ]);
  },
};

export const hotGets: Question = {
  name: 'hot-gets',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const figures = await measure(stage, HOT_KEYS, [await stage.htkv(), await stage.lmdb()]);
    return besideOthers('get among 4,096 hot keys', figures, [
      { name: 'lmdb getBinaryFast', target: { atLeast: 4 } },
    ]);
  },
};

async function measure(stage: Stage, among: number, readers: readonly Reader[]): Promise<Figures[]> {
  return await alternate(stage.rounds, readers, (reader) => {
    const walk = KeyWalk.over(among, stage.newOrder());
    const start = performance.now();
    for (let index = 0; index < stage.keys; index += 1) {
      const value = reader.get(walk.next());
      if (value?.[0] !== VALUE[0]) throw new Error(`${reader.name} misses a key that was written`);
    }
    return stage.keys / ((performance.now() - start) / 1000);
  });
}
