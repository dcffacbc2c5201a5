/** A thread of a stress round: a writer or a reader, until the round ends or the thread does. */
import { parentPort, workerData } from 'node:worker_threads';

import { loadEngine } from '../threads/load-engine.ts';
import type { EngineHandle } from '../threads/joined-thread.ts';
import { dieAtAtomic } from './dying-atomics.ts';
import type { Ledger } from './ledger.ts';

/** What the thread is started with. */
export interface StressTask {
  readonly handle: EngineHandle;
  readonly isBuilt: boolean;
  readonly ledger: Ledger;
  readonly seed: string;
  /** Number of the writer whose keys it writes; readers have none. */
  readonly writer: number | undefined;
  /** The atomic operation at which it ends, counted from when it has joined if it is not one of the first; 0 for never. */
  readonly dieAt: number;
  readonly diesAfter: boolean;
  /** Whether only operations of turns are counted. */
  readonly diesInTurn: boolean;
}

/** Up to this one the operations are counted from the beginning. */
const JOINING = 16;

const task = workerData as StressTask;
const { SingleNodeEngine } = await loadEngine(task.isBuilt);
const { readUntilStopped } = await import('./stress-reader.ts');
const { writeUntilStopped } = await import('./stress-writer.ts');
// Joining takes a few operations only.
const isEarly = task.dieAt > 0 && task.dieAt <= JOINING && !task.diesInTurn;
if (isEarly) dieAtAtomic(task.dieAt, task.diesAfter, task.diesInTurn);
const engine = SingleNodeEngine.attach(task.handle);
parentPort!.on('message', () => {
  setImmediate(() => {
    throw new Error('thrown on request');
  });
});
parentPort!.postMessage('joined');
if (task.dieAt > 0 && !isEarly) dieAtAtomic(task.dieAt, task.diesAfter, task.diesInTurn);
if (task.writer === undefined) await readUntilStopped(engine, task);
else await writeUntilStopped(engine, task, task.writer);
await engine.close();
parentPort!.postMessage('finished');
parentPort!.close();
