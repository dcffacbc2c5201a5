/** A thread that writes batches: the same number under ten keys, again and again until it is told to stop. */

import { workerData } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';

import type { BatchWriterData } from './half-a-batch-in-another-thread.test.ts';

const { handle, stop } = workerData as BatchWriterData;
const engine = SingleNodeEngine.attach(handle);
for (let number = 1; Atomics.load(stop, 0) === 0; number += 1) {
  const value = String(number).padStart(9, '0');
  engine.submitBatchSync(Array.from({ length: 10 }, (_, key) => ({ type: 'set', key: `${key}`, value })));
  Atomics.store(stop, 1, number);
}
engine.closeSync();
