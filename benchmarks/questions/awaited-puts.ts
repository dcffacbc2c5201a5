/**
 * One durable put after another, each awaited: the middle time of one, beside what the disk itself takes. Disks have
 * moods that last for seconds, so the turns are short.
 */
import { RawWrite } from '../raw-write.ts';
import { ratio } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import type { Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

const TURNS_MAX = 20;
const KEYS_PER_TURN = 1000;
const WRITES_PER_TURN = 10;

export const awaitedPuts: Question = {
  name: 'awaited-puts',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const htkv = await stage.htkv();
    const lmdb = await stage.lmdb();
    const raw = new RawWrite(stage.newDirectory());
    const walk = KeyWalk.over(stage.keys, stage.newOrder());
    const writers = [
      () => htkv.putDurably(walk.next(), VALUE),
      () => raw.write(),
      () => lmdb.putDurably(walk.next(), VALUE),
    ];
    const medians: [ours: number[], disk: number[], theirs: number[]] = [[], [], []];
    for (let round = 0; round <= stage.rounds; round += 1) {
      const times = await measureRound(writers, Math.min(TURNS_MAX, Math.ceil(stage.keys / KEYS_PER_TURN)));
      // The first round warms up.
      if (round > 0) for (const [index, each] of times.entries()) medians[index]!.push(median(each));
    }
    raw.close();
    const [ours, disk, theirs] = medians;
    const row = (name: string, others: readonly number[]): Row => ({
      question: 'durable puts one after another, p50',
      ours: `${median(ours).toFixed(3)} ms`,
      against: `${name} ${median(others).toFixed(3)} ms`,
      figure: ratio(ours, others),
      unit: 'x',
    });
    return [
      { ...row('4 KiB write + fdatasync', disk), target: { atMost: 1.5 } },
      row('lmdb put, flushed', theirs),
    ];
  },
};

/** Milliseconds of every write of each writer. */
async function measureRound(
  writers: readonly (() => Promise<unknown> | void)[],
  turns: number,
): Promise<number[][]> {
  const times: number[][] = writers.map(() => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [index, write] of writers.entries()) {
      for (let count = 0; count < WRITES_PER_TURN; count += 1) {
        const start = performance.now();
        await write();
        times[index]!.push(performance.now() - start);
      }
    }
  }
  return times;
}
