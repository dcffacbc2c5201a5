/** A thread of a history: joins the engine and makes the calls that it is sent, one history after another. */
import { parentPort, workerData } from 'node:worker_threads';

import { loadEngine } from '../threads/load-engine.ts';
import type { EngineHandle } from '../threads/joined-thread.ts';
import type { CallPlan } from './recorded-calls.ts';

const { handle, isBuilt } = workerData as { readonly handle: EngineHandle; readonly isBuilt: boolean };
const { SingleNodeEngine } = await loadEngine(isBuilt);
const { makeCalls } = await import('./recorded-calls.ts');
const engine = SingleNodeEngine.attach(handle);

parentPort!.on('message', (plan: CallPlan) => {
  makeCalls(engine, plan);
  parentPort!.postMessage('done');
});
parentPort!.postMessage('joined');
