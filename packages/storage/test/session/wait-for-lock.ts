/**
 * A thread of a test: takes the lock of a store, says how, writes, and gives it back.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { ControlMemory } from '../../src/control/shared-memory.ts';
import { StoreLock } from '../../src/session/store-lock.ts';
import { ThreadSlots } from '../../src/session/thread-slots.ts';

const { buffer, slot, rounds, dies } = workerData as {
  readonly buffer: SharedArrayBuffer;
  readonly slot: number;
  readonly rounds: number;
  readonly dies: boolean;
};
const control = new ControlMemory(buffer, 1);
const lock = new StoreLock(control.words, new ThreadSlots(control.threadSlots), slot);
parentPort!.postMessage('ready');
for (let round = 0; round < rounds; round += 1) {
  const isTakenOver = lock.acquire();
  // Not atomic: only who is alone counts right.
  control.job[0]! += 1;
  if (isTakenOver) control.job[1]! += 1;
  if (!dies) lock.release();
}
