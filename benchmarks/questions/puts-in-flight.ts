/**
 * A thousand durable puts in flight, group after group, beside lmdb's single puts, each awaited until it is flushed,
 * and beside this store's own puts that nobody waits for.
 */
import { alternate, ratio } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

const GROUPS = 20;
const GROUP = 1000;
const SINGLES_MAX = 250;
const KEYS_PER_SINGLE = 100;

export const putsInFlight: Question = {
  name: 'puts-in-flight',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const htkv = await stage.htkv();
    const lmdb = await stage.lmdb();
    const walk = KeyWalk.over(stage.keys, stage.newOrder());

    const inFlight = async (): Promise<number> => {
      const start = performance.now();
      for (let group = 0; group < GROUPS; group += 1) {
        await Promise.all(Array.from({ length: GROUP }, () => htkv.putDurably(walk.next(), VALUE)));
      }
      return (GROUPS * GROUP) / ((performance.now() - start) / 1000);
    };
    const singles = Math.min(SINGLES_MAX, Math.ceil(stage.keys / KEYS_PER_SINGLE));
    const awaited = async (): Promise<number> => {
      const start = performance.now();
      for (let index = 0; index < singles; index += 1) await lmdb.putDurably(walk.next(), VALUE);
      return singles / ((performance.now() - start) / 1000);
    };
    const undurable = async (): Promise<number> => {
      const start = performance.now();
      for (let index = 0; index < GROUPS * GROUP; index += 1) htkv.put(walk.next(), VALUE);
      const elapsed = performance.now() - start;
      await htkv.settle();
      return (GROUPS * GROUP) / (elapsed / 1000);
    };

    const [ours = [], theirs = [], own = []] = await alternate(
      stage.rounds,
      [inFlight, awaited, undurable],
      (measure) => measure(),
    );
    const row = (name: string, others: readonly number[], atLeast: number): Row => ({
      question: '1,000 durable puts in flight',
      ours: rate(median(ours)),
      against: `${name} ${rate(median(others))}`,
      figure: ratio(ours, others),
      unit: 'x',
      target: { atLeast },
    });
    return [row('lmdb awaited put, flushed', theirs, 10), row('own undurable putSync', own, 0.4)];
  },
};
