/** Proves that whoever listens hears of what is new, from the own thread and from others, once he listens and until he stops. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

import { Word } from '../../src/control/shared-memory.ts';
import { LogSignal } from '../../src/feed/log-signal.ts';

const WORDS = 256;

test.for([false, true])('listeners of the own thread are called at once; shared: %s', (isShared) => {
  const signal = new LogSignal(
    new Int32Array(isShared ? new SharedArrayBuffer(4 * WORDS) : new ArrayBuffer(4 * WORDS)),
  );
  const calls: string[] = [];
  const stopFirst = signal.listen(() => calls.push('first'));
  signal.listen(() => calls.push('second'));
  const before = signal.count;
  signal.notify();
  expect(calls).toEqual(['first', 'second']);
  expect(signal.count).not.toBe(before);
  stopFirst();
  signal.notify();
  expect(calls).toEqual(['first', 'second', 'second']);
});

test('listeners hear of other threads, again and again, with one wait for all of them', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  const signal = new LogSignal(words);
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     parentPort.on('message', (index) => {
       Atomics.add(workerData, index, 1);
       parentPort.postMessage(Atomics.notify(workerData, index));
     });`,
    { eval: true, workerData: words },
  );
  const woken = async (): Promise<number> => {
    const answer = new Promise<number>((resolve) => worker.once('message', resolve));
    worker.postMessage(Word.signal);
    return answer;
  };
  for (let round = 0; round < 5; round += 1) {
    const heard = Promise.all(
      [0, 1, 2].map(
        () =>
          new Promise<void>((resolve) => {
            const stop = signal.listen(() => {
              stop();
              resolve();
            });
          }),
      ),
    );
    expect(await woken()).toBe(1);
    await heard;
  }
  await worker.terminate();
});
