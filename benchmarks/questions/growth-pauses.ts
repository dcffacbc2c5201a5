/**
 * Pauses of single puts while the index grows: every put into a new store is timed, then every put of the same keys
 * once more, when the index has its size. The second pass, and a loop that does nothing but look at the clock for as
 * long, are the controls: pauses of theirs are the machine's.
 */
import { rmSync } from 'node:fs';

import { SingleNodeEngine } from '@htkv/engine';

import type { Stage } from '../stage.ts';
import { median, quantile } from '../statistics.ts';
import type { Row } from '../table.ts';
import { KeyWalk, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

const PAUSE_MAX_MS = 10;

interface Pauses {
  readonly p999: number;
  readonly longest: number;
}

export const growthPauses: Question = {
  name: 'growth-pauses',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const growing: Pauses[] = [];
    const grown: Pauses[] = [];
    const idle: Pauses[] = [];
    for (let round = 0; round <= stage.rounds; round += 1) {
      const dataDir = stage.newDirectory();
      const engine = await SingleNodeEngine.open({ dataDir });
      const start = performance.now();
      const first = timePuts(engine, KeyWalk.over(stage.keys, stage.newOrder()), stage.keys);
      const elapsedMs = performance.now() - start;
      await engine.flush();
      const second = timePuts(engine, KeyWalk.over(stage.keys, stage.newOrder()), stage.keys);
      await engine.close();
      rmSync(dataDir, { recursive: true });
      const nothing = timeNothing(stage.keys, elapsedMs);
      // The first round warms up.
      if (round === 0) continue;
      growing.push(first);
      grown.push(second);
      idle.push(nothing);
    }
    const passes = [growing, grown, idle];
    // A pause that the machine has without the store is not the store's.
    const machines = Math.ceil(median(idle.map(({ longest }) => longest)));
    const target = { atMost: Math.max(PAUSE_MAX_MS, machines) };
    return [row('p99.9', 'p999', passes), { ...row('longest', 'longest', passes), target }];
  },
};

function timePuts(engine: SingleNodeEngine, walk: KeyWalk, puts: number): Pauses {
  globalThis.gc?.();
  const times = new Float64Array(puts);
  for (let index = 0; index < puts; index += 1) {
    const key = walk.next();
    const start = performance.now();
    engine.putSync(key, VALUE);
    times[index] = performance.now() - start;
  }
  return pauses(times);
}

/** As many steps as there were puts, each as long as a put; how much longer it takes than it should is a pause. */
function timeNothing(steps: number, durationMs: number): Pauses {
  const times = new Float64Array(steps);
  const stepMs = durationMs / steps;
  for (let index = 0; index < steps; index += 1) {
    const start = performance.now();
    let now = start;
    while (now - start < stepMs) now = performance.now();
    times[index] = now - start;
  }
  return pauses(times);
}

function pauses(times: Float64Array): Pauses {
  return { p999: quantile(times, 0.999), longest: quantile(times, 1) };
}

function row(name: string, figure: keyof Pauses, passes: readonly (readonly Pauses[])[]): Row {
  const [ours = Number.NaN, control, machine] = passes.map((pass) =>
    median(pass.map((each) => each[figure])),
  );
  return {
    question: `putSync while the index grows, ${name}`,
    ours: `${ours.toFixed(3)} ms`,
    against: `grown ${control?.toFixed(3)} ms, idle loop ${machine?.toFixed(3)} ms`,
    figure: ours,
    unit: 'ms',
  };
}
