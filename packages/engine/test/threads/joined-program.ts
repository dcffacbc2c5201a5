/**
 * The thread of a scenario: joins the engine whose handle it is given, and runs the steps that it is sent. A step is
 * the text of a function, which uses nothing but what it is called with and what every thread has.
 */
import { runInThisContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { SingleNodeEngine } from '@htkv/engine';

import { loadEngine } from './load-engine.ts';

/** What the thread is sent. */
export interface Call {
  readonly id: number;
  readonly source: string;
  readonly parameter: unknown;
  /** Counts the threads that are to begin at once, and how many they are. */
  readonly gate: Int32Array | undefined;
  readonly gateCount: number;
}

/** What it answers; `id` 0 is about joining. */
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

type Join = () => SingleNodeEngine;
type Step = (engine: SingleNodeEngine, parameter: unknown, joinAgain: Join) => unknown;

function waitForOthers(gate: Int32Array, gateCount: number): void {
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
  for (let count = Atomics.load(gate, 0); count < gateCount; count = Atomics.load(gate, 0)) {
    Atomics.wait(gate, 0, count, 100);
  }
}

function failureOf(error: unknown): Failure {
  const { name, message, code } = error as Error & { readonly code?: string };
  return { name, message, code };
}

async function answer(id: number, work: () => unknown): Promise<void> {
  let reply: Answer;
  try {
    reply = { id, result: await work() };
  } catch (error) {
    reply = { id, failure: failureOf(error) };
  }
  parentPort!.postMessage(reply);
}

const { handle, isBuilt } = workerData as { readonly handle: unknown; readonly isBuilt: boolean };
let engine: SingleNodeEngine;
let joinAgain: Join;

parentPort!.on('message', ({ id, source, parameter, gate, gateCount }: Call) => {
  void answer(id, () => {
    const step = runInThisContext(`(${source})`) as Step;
    if (gate !== undefined) waitForOthers(gate, gateCount);
    return step(engine, parameter, joinAgain);
  });
});
await answer(0, async () => {
  const { SingleNodeEngine } = await loadEngine(isBuilt);
  joinAgain = () => SingleNodeEngine.attach(handle as ReturnType<SingleNodeEngine['share']>);
  engine = joinAgain();
});
