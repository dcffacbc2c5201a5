/** First inserts: every key once into a new store, then a flush. Opening does not count, growing does. */
import { rmSync } from 'node:fs';

import type { Contestant } from '../contestants/contestant.ts';
import { Htkv } from '../contestants/htkv.ts';
import { Level } from '../contestants/classic-level.ts';
import { Lmdb } from '../contestants/lmdb.ts';
import { alternate } from '../rounds.ts';
import { putAll, type Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { besideOthers } from './beside-others.ts';
import type { Question } from './question.ts';

interface Kind {
  open(directory: string): Promise<Contestant>;
}

const KINDS: readonly Kind[] = [Htkv, Lmdb, Level];

export const firstInserts: Question = {
  name: 'first-inserts',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const figures = await alternate(stage.rounds, KINDS, async (kind) => {
      const directory = stage.newDirectory();
      const contestant = await kind.open(directory);
      const rate = await putAll(contestant, stage.keys, stage.newOrder());
      await contestant.close();
      rmSync(directory, { recursive: true });
      return rate;
    });
    return besideOthers('first inserts, then flush', figures, [
      { name: 'lmdb put', target: { atLeast: 3 } },
      { name: 'classic-level batches', target: { atLeast: 4 } },
    ]);
  },
};
