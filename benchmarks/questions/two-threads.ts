/**
 * Two threads against one: the main thread and a worker that has attached do the same for the same window of time,
 * and what both did is divided by what each does alone. How far two threads of plain arithmetic get in the same
 * rounds is printed beside it: no store can do better, and the commit thread needs its share of the processors too.
 * `by CPU` counts the time that the threads had a processor instead of the time that passed, so it does not depend on
 * what else the machine does, and does not see a thread that sleeps because the other one writes.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { EngineHandle } from '@htkv/engine';

import { Htkv } from '../contestants/htkv.ts';
import { putAll, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { TurnTaker, type Turn, type TurnResult, type Work } from '../turn-taker.ts';
import type { Question } from './question.ts';

/** Between the order to begin and the beginning, for a message to reach the worker, and for the order of the keys. */
const LEAD_MS = 20;
const LEAD_MS_PER_KEY = 1 / 10_000;
const ROUNDS_BEFORE = 3;
/** How long a window is, and what it is at least on a small stage. */
const WINDOW_MS = 300;
const WINDOW_MIN_MS = 20;
const SECOND_MS = 1000;

export interface WorkerStart {
  readonly handle: EngineHandle;
  readonly keys: number;
}

/** What one window came to. */
interface Done {
  readonly perSecond: number;
  /** Per second that a thread had a processor. */
  readonly perCpuSecond: number;
}

/** One round of a work: both threads together, and each alone. */
interface Scaling {
  readonly both: Done;
  readonly alone: readonly Done[];
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
      const scalings: Record<Work, Scaling[]> = { get: [], put: [], arithmetic: [] };
      for (let round = -ROUNDS_BEFORE; round < stage.rounds; round += 1) {
        for (const work of ['get', 'put', 'arithmetic'] as const) {
          const scaling = await measure(taker, worker, work);
          if (round >= 0) scalings[work].push(scaling);
        }
      }
      const control = scale(scalings.arithmetic, 'perSecond');
      return [row('get', scalings.get, control), row('put', scalings.put, control)];
    } finally {
      const gone = once(worker, 'exit');
      worker.postMessage('leave');
      await gone;
      await htkv.close();
    }
  },
};

async function measure(taker: TurnTaker, worker: Worker, work: Work): Promise<Scaling> {
  const both = await together(taker, worker, work, true, true);
  const main = await together(taker, worker, work, true, false);
  const other = await together(taker, worker, work, false, true);
  return { both, alone: [main, other] };
}

/** One window, which ends when everything written by those who take part is on disk. */
async function together(
  taker: TurnTaker,
  worker: Worker,
  work: Work,
  withMain: boolean,
  withWorker: boolean,
): Promise<Done> {
  const durationMs = Math.max(WINDOW_MIN_MS, Math.min(WINDOW_MS, taker.keys / 1000));
  const startMs = Date.now() + LEAD_MS + Math.ceil(taker.keys * LEAD_MS_PER_KEY);
  const turn: Turn = { work, startMs, durationMs };
  const answer = withWorker ? once(worker, 'message') : undefined;
  if (withWorker) worker.postMessage(turn);
  const results: TurnResult[] = [];
  if (withMain) results.push(await taker.take(turn));
  if (answer !== undefined) results.push(((await answer) as [TurnResult])[0]);
  const operations = results.reduce((sum, result) => sum + result.operations, 0);
  const cpuMs = results.reduce((sum, result) => sum + result.cpuMs, 0);
  const endMs = Math.max(...results.map((result) => result.endMs));
  return {
    perSecond: operations / ((endMs - turn.startMs) / SECOND_MS),
    perCpuSecond: operations / (cpuMs / SECOND_MS),
  };
}

/** Times that both do what one does; of rates by CPU time, where two have twice the time, twice their quotient. */
function scale(scalings: readonly Scaling[], by: keyof Done): number {
  const threads = by === 'perSecond' ? 1 : 2;
  return median(
    scalings.map(({ both, alone }) => (threads * both[by]) / mean(alone.map((each) => each[by]))),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function row(work: Work, scalings: readonly Scaling[], control: number): Row {
  const alone = rate(median(scalings.map((each) => mean(each.alone.map(({ perSecond }) => perSecond)))));
  const byCpu = scale(scalings, 'perCpuSecond').toFixed(2);
  return {
    question: `two threads, random ${work}`,
    ours: rate(median(scalings.map(({ both }) => both.perSecond))),
    against: `one ${alone}; arithmetic ${control.toFixed(2)} x; by CPU ${byCpu} x`,
    figure: scale(scalings, 'perSecond'),
    unit: 'x',
    target: { atLeast: 1.6 },
  };
}
