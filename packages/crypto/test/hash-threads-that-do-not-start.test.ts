/**
 * Proves that a thread which cannot be started, because the system has none to give or the process may have none, fails its
 * job with a code and takes no place: later jobs are answered, too.
 */

import * as threads from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import type { BcryptJob } from '../src/hash-job.ts';
import { computeOnThread } from '../src/hash-threads.ts';

vi.mock('node:worker_threads', { spy: true });

const salt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.';
const job: BcryptJob = { type: 'bcrypt', password: 'U*U', salt };
const hash = `${salt}E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`;
const refusal = Object.assign(new Error('no thread'), { code: 'ERR_WORKER_INIT_FAILED' });
const failed = {
  status: 'rejected',
  reason: { code: 'CRYPTO_HASHER_FAILED', cause: refusal },
};

function refuseThreads(count: number): void {
  for (let index = 0; index < count; index += 1) {
    vi.mocked(threads.Worker).mockImplementationOnce(function refuse() {
      throw refusal;
    });
  }
}

test('threads that do not start take no place', async () => {
  refuseThreads(6);
  const jobs = Array.from({ length: 6 }, async () => await computeOnThread(job));
  expect(await Promise.allSettled(jobs)).toMatchObject(Array.from({ length: 6 }, () => failed));
  expect(await computeOnThread(job)).toBe(hash);
});

test('whoever waits is answered when the threads die and no other starts', async () => {
  const bad = Array.from({ length: 3 }, async () => await computeOnThread({ ...job, salt: 'no salt' }));
  const waiting = Array.from({ length: 4 }, async () => await computeOnThread(job));
  refuseThreads(20);
  const verdicts = await Promise.allSettled([...bad, ...waiting]);
  vi.mocked(threads.Worker).mockReset();
  expect(verdicts.slice(3)).toMatchObject(waiting.map(() => failed));
  expect(await computeOnThread(job)).toBe(hash);
});
