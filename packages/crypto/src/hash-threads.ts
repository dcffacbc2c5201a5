/**
 * The threads that compute hashes for which the runtime has no implementation off the calling thread.
 *
 * The whole process shares them. They come up when they are needed and stay for the next job. One that dies fails its
 * job, and the next job gets a new one.
 */

import { availableParallelism } from 'node:os';
import type { HashJob, HashResult } from './hash-job.ts';
import { HashThread } from './hash-thread.ts';

/** Most threads of a process. */
const threadsMax = Math.min(3, availableParallelism());

const idle: HashThread[] = [];
const waiting: ((thread: HashThread) => void)[] = [];

/** Invariant: the idle threads and those that somebody has acquired. */
let threadCount = 0;

/** Computes on another thread, when one is free. Rejects with `CRYPTO_HASHER_FAILED` if that thread dies. */
export async function computeOnThread(job: HashJob): Promise<HashResult> {
  const thread = await acquire();
  try {
    return await thread.compute(job);
  } finally {
    release(thread);
  }
}

async function acquire(): Promise<HashThread> {
  for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) {
    if (!thread.isGone) return thread;
    threadCount -= 1;
  }
  if (threadCount < threadsMax) {
    threadCount += 1;
    return new HashThread();
  }
  return await new Promise((resolve) => {
    waiting.push(resolve);
  });
}

function release(thread: HashThread): void {
  const next = waiting.shift();
  if (next !== undefined) next(thread.isGone ? new HashThread() : thread);
  else if (thread.isGone) threadCount -= 1;
  else idle.push(thread);
}
