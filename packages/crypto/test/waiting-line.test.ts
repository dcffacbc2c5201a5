/**
 * Proves that no more work runs at once than is allowed, that the rest waits in order or is turned away, and that
 * failures give their place back. Work is a promise that the test settles.
 */

import { expect, test } from 'vitest';
import { WaitingLine } from '../src/waiting-line.ts';

function work(): { run: () => Promise<number>; isStarted: () => boolean; end: (error?: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let isStarted = false;
  const run = async (): Promise<number> => {
    isStarted = true;
    return await promise;
  };
  const end = (error?: Error): void => {
    if (error === undefined) resolve(1);
    else reject(error);
  };
  return { run, isStarted: () => isStarted, end };
}

const turn = async (): Promise<void> => {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
};

test('two run, two wait in order, the fifth is turned away', async () => {
  const line = new WaitingLine({ atOnceMax: 2, waitingMax: 2 });
  const all = Array.from({ length: 5 }, work);
  const started = (): boolean[] => all.map((each) => each.isStarted());
  const results = all.map(async (each) => await line.run(each.run));
  await expect(results[4]).rejects.toMatchObject({ code: 'CRYPTO_BUSY' });
  expect(started()).toEqual([true, true, false, false, false]);
  all[1]!.end();
  await turn();
  expect(started()).toEqual([true, true, true, false, false]);
  all[0]!.end(new Error('failed'));
  await expect(results[0]).rejects.toThrow('failed');
  await turn();
  expect(started()).toEqual([true, true, true, true, false]);
  all[2]!.end();
  all[3]!.end();
  expect(await Promise.all(results.slice(1, 4))).toEqual([1, 1, 1]);
});

test('every place comes back, whatever becomes of the work', async () => {
  const line = new WaitingLine({ atOnceMax: 3, waitingMax: 100 });
  const failing = async (): Promise<number> => await Promise.reject(new Error('failed'));
  const attempts = Array.from({ length: 90 }, async (_, index) =>
    line.run(index % 2 === 0 ? failing : async () => await Promise.resolve(index)),
  );
  const settled = await Promise.allSettled(attempts);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(45);
  const all = Array.from({ length: 4 }, work);
  const results = all.map(async (each) => await line.run(each.run));
  expect(all.map((each) => each.isStarted())).toEqual([true, true, true, false]);
  for (const each of all) each.end();
  expect(await Promise.all(results)).toEqual([1, 1, 1, 1]);
});

test('eight thousand may wait at once by default', async () => {
  const line = new WaitingLine();
  const results = Array.from({ length: 8000 }, async (_, index) =>
    line.run(async () => await Promise.resolve(index)),
  );
  expect((await Promise.all(results)).length).toBe(8000);
});
