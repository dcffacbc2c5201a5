/** Runs one question of the benchmark for a while, call by call, and lets the event loop run in between. */
import { performance } from 'node:perf_hooks';

import { Latencies, type LatencySummary } from './latencies.ts';

/** A thing to measure. `step` does it once and says how many operations that was. */
export interface Question {
  readonly name: string;
  readonly step: (index: number) => number | Promise<number>;
}

/** Calls between two looks at the event loop, for steps that do not wait by themselves. */
const STEPS_PER_TURN = 1000;

/** Measures for `milliseconds`, or until `signal` is aborted. At least one step is done. */
export async function measure(
  { step }: Question,
  milliseconds: number,
  signal: AbortSignal,
): Promise<LatencySummary> {
  const latencies = new Latencies();
  const began = performance.now();
  let operations = 0;
  let elapsedMs = 0;
  do {
    const start = performance.now();
    const result = step(latencies.count);
    const isDone = typeof result === 'number';
    operations += isDone ? result : await result;
    const end = performance.now();
    latencies.add((end - start) * 1000);
    elapsedMs = end - began;
    if (isDone && latencies.count % STEPS_PER_TURN === 0)
      await new Promise((resolve) => setImmediate(resolve));
  } while (elapsedMs < milliseconds && !signal.aborted);
  return latencies.summary(operations, elapsedMs);
}
