/** The second thread of the question about two: joins the store and takes its turns until it is told to leave. */
import { parentPort, workerData } from 'node:worker_threads';

import { SingleNodeEngine } from '@htkv/engine';

import type { WorkerStart } from './questions/two-threads.ts';
import { TurnTaker, type Turn } from './turn-taker.ts';

const { handle, keys } = workerData as WorkerStart;
const port = parentPort!;
const engine = SingleNodeEngine.attach(handle);
const taker = new TurnTaker(engine, keys, 2);

port.on('message', (message: Turn | 'leave') => {
  void (message === 'leave' ? leave() : take(message));
});
port.postMessage('ready');

async function take(turn: Turn): Promise<void> {
  port.postMessage(await taker.take(turn));
}

async function leave(): Promise<void> {
  await engine.close();
  port.close();
}
