/**
 * Reads in key order, keys and values copied: a prefix that a tenth of 10,000 keys have, and scans over a tenth of all
 * keys, in both directions. The keys are of tenants and their users, put in a random order.
 */
import { SingleNodeEngine } from '@htkv/engine';

import { Lmdb } from '../contestants/lmdb.ts';
import { randomOrder } from '../random-order.ts';
import { alternate, ratio } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { VALUE } from '../workload.ts';
import type { Question } from './question.ts';

const FEW_KEYS = 10_000;
const TENANTS = 10;
/** Times that a prefix is asked for in a round. */
const TIMES = 100;
/** What the first of the earlier systems published for its prefix query, in entries a second. */
const EARLIER_RATE = 88_000;

interface Pair {
  readonly engine: SingleNodeEngine;
  readonly lmdb: Lmdb;
}

function nameOf(number: number): string {
  return `tenant:0${number % TENANTS}:user:${String(Math.floor(number / TENANTS)).padStart(8, '0')}`;
}

async function filled(stage: Stage, keys: number): Promise<Pair> {
  const engine = await SingleNodeEngine.open({ dataDir: stage.newDirectory() });
  const lmdb = await Lmdb.open(stage.newDirectory());
  for (const number of randomOrder(keys, stage.newOrder())) {
    engine.putSync(nameOf(number), VALUE);
    lmdb.put(Buffer.from(nameOf(number)), VALUE);
  }
  await Promise.all([engine.flush(), lmdb.settle()]);
  return { engine, lmdb };
}

/** Entries a second of something that gives all entries of one tenant, `times` in a row. */
function measure(expected: number, times: number, read: () => readonly unknown[]): number {
  const start = performance.now();
  for (let time = 0; time < times; time += 1) {
    if (read().length !== expected) throw new Error('a range misses an entry, or has one too many');
  }
  return (expected * times) / ((performance.now() - start) / 1000);
}

async function compare(stage: Stage, keys: number, times: number): Promise<Row[]> {
  const { engine, lmdb } = await filled(stage, keys);
  const prefix = 'tenant:03:';
  const expected = keys / TENANTS;
  const ways = [
    () => engine.getPrefix(prefix),
    () => engine.entries({ prefix, reverse: true }).toArray(),
    () => lmdb.range(Buffer.from(prefix), Buffer.from('tenant:03;')),
  ];
  const [forward = [], reverse = [], theirs = []] = await alternate(stage.rounds, ways, (read) =>
    measure(expected, times, read),
  );
  await Promise.all([engine.close(), lmdb.close()]);
  const question = `prefix, ${expected} of ${keys}`;
  const against = `lmdb getRange ${rate(median(theirs))}`;
  const isSmall = keys === FEW_KEYS;
  const target = { atLeast: isSmall ? 2 : 1.5 };
  const ours = rate(median(forward));
  const rows: Row[] = [{ question, ours, against, figure: ratio(forward, theirs), unit: 'x', target }];
  if (isSmall) {
    const figure = median(forward) / EARLIER_RATE;
    rows.push({
      question,
      ours,
      against: 'earlier system 88 k/s',
      figure,
      unit: 'x',
      target: { atLeast: 20 },
    });
  }
  rows.push({
    question: `${question}, reverse`,
    ours: rate(median(reverse)),
    against: `forward ${ours}`,
    figure: ratio(reverse, forward),
    unit: 'x',
    target: { atLeast: 0.8 },
  });
  return rows;
}

export const orderedReads: Question = {
  name: 'ordered-reads',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const many = stage.keys - (stage.keys % TENANTS);
    return [...(await compare(stage, FEW_KEYS, TIMES)), ...(await compare(stage, many, 1))];
  },
};
