/** A thread of the crash ledger's program: joins its engine and writes keys of its own, until the process is killed. */

import { parentPort, workerData } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';

import { writeAll } from './ledger-lines.ts';
import type { EngineHandle } from './threads/joined-thread.ts';

const { handle, name } = workerData as { readonly handle: EngineHandle; readonly name: string };
const engine = SingleNodeEngine.attach(handle);
parentPort!.postMessage('joined');
await writeAll(engine, name);
