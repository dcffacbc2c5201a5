/** Random overwrites: a new value for every key, in random order, then a flush. */
import { alternate } from '../rounds.ts';
import { putAll, type Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { besideOthers } from './beside-others.ts';
import type { Question } from './question.ts';

export const overwrites: Question = {
  name: 'overwrites',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const contestants = [await stage.htkv(), await stage.lmdb(), await stage.level()];
    const figures = await alternate(stage.rounds, contestants, async (contestant) => {
      const rate = await putAll(contestant, stage.keys, stage.newOrder());
      await contestant.rest();
      return rate;
    });
    return besideOthers('random overwrites, then flush', figures, [
      { name: 'lmdb put', target: { atLeast: 3 } },
      { name: 'classic-level batches', target: { atLeast: 4 } },
    ]);
  },
};
