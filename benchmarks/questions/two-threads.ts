/**
 * Two threads against one: the main thread and a worker that has attached do the same for the same window of time,
 * and what both did is divided by what each does alone. How far two threads of plain arithmetic get on the same
 * machine is printed beside it: no store can do better, and the commit thread needs its share of the processors too.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { SingleNodeEngine } from '@htkv/engine';

import { Htkv } from '../contestants/htkv.ts';
import { putAll, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { TurnTaker, type Turn, type TurnResult, type Work } from '../turn-taker.ts';
import type { Question } from './question.ts';

/** Between the order to begin and the beginning, for a message to reach the worker. */
const LEAD_MS = 20;
const TURNS_BEFORE = 3;
/** How long a window is, and what it is at least on a small stage. */
const WINDOW_MS = 300;
const WINDOW_MIN_MS = 20;
const SECOND_MS = 1000;

export interface WorkerStart {
  readonly handle: ReturnType<SingleNodeEngine['share']>;
  readonly keys: number;
}

/** What `work` came to: operations per second of each thread alone, and of both together. */
interface Scaling {
  readonly alone: number;
  readonly both: number;
}

export const twoThreads: Question = {
  name: 'two-threads',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const htkv = await Htkv.open(stage.newDirectory());
    await putAll(htkv, stage.keys, stage.newOrder());
    const workerData: WorkerStart = { handle: htkv.engine.share(), keys: stage.keys };
    const worker = new Worker(new URL('../turn-worker.ts', import.meta.url), { workerData });
    try {
      await once(worker, 'message');
      const taker = new TurnTaker(htkv.engine, stage.keys, 1);
      const figures = new Map<Work, Scaling[]>();
      for (const work of ['get', 'put', 'arithmetic'] as const) {
        figures.set(work, await measure(taker, worker, work, stage.rounds));
      }
      const control = scale(figures.get('arithmetic')!);
      return (['get', 'put'] as const).map((work) => row(work, figures.get(work)!, control));
    } finally {
      const gone = once(worker, 'exit');
      worker.postMessage('leave');
      await gone;
      await htkv.close();
    }
  },
};

async function measure(taker: TurnTaker, worker: Worker, work: Work, rounds: number): Promise<Scaling[]> {
  const scalings: Scaling[] = [];
  for (let round = -TURNS_BEFORE; round < rounds; round += 1) {
    const both = await together(taker, worker, work, true, true);
    const main = await together(taker, worker, work, true, false);
    const other = await together(taker, worker, work, false, true);
    if (round >= 0) scalings.push({ both, alone: (main + other) / 2 });
  }
  return scalings;
}

/** One window; operations per second of those who take part, until the last of them is on disk. */
async function together(
  taker: TurnTaker,
  worker: Worker,
  work: Work,
  withMain: boolean,
  withWorker: boolean,
): Promise<number> {
  const durationMs = Math.max(WINDOW_MIN_MS, Math.min(WINDOW_MS, taker.keys / 1000));
  const turn: Turn = { work, startMs: Date.now() + LEAD_MS, durationMs };
  const answer = withWorker ? once(worker, 'message') : undefined;
  if (withWorker) worker.postMessage(turn);
  const results: TurnResult[] = [];
  if (withMain) results.push(await taker.take(turn));
  if (answer !== undefined) results.push(((await answer) as [TurnResult])[0]);
  const operations = results.reduce((sum, result) => sum + result.operations, 0);
  const endMs = Math.max(...results.map((result) => result.endMs));
  return operations / ((endMs - turn.startMs) / SECOND_MS);
}

function scale(scalings: readonly Scaling[]): number {
  return median(scalings.map(({ both, alone }) => both / alone));
}

function row(work: Work, scalings: readonly Scaling[], control: number): Row {
  const alone = rate(median(scalings.map((each) => each.alone)));
  return {
    question: `two threads, random ${work}`,
    ours: rate(median(scalings.map((each) => each.both))),
    against: `one ${alone}; arithmetic here ${control.toFixed(2)} x`,
    figure: scale(scalings),
    unit: 'x',
    target: { atLeast: 1.6 },
  };
}
