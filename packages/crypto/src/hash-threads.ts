/**
 * The threads that compute hashes for which the runtime has no implementation off the calling thread.
 *
 * The whole process shares them. They come up when they are needed and stay for the next job. One that dies fails its
 * job, and the next job gets a new one; one that cannot be started fails its job, too.
 */

import { availableParallelism } from 'node:os';
import { CodedError } from '@htkv/base';
import type { HashJob, HashResult } from './hash-job.ts';
import { HashThread } from './hash-thread.ts';

/** Most threads of a process. */
const threadsMax = Math.min(3, availableParallelism());

interface Waiting {
  readonly resolve: (thread: HashThread) => void;
  readonly reject: (error: Error) => void;
}

const idle: HashThread[] = [];
const waiting: Waiting[] = [];

/** Invariant: the idle threads and those that somebody has acquired. */
let threadCount = 0;

/** Computes on another thread, when one is free. Rejects with `CRYPTO_HASHER_FAILED` if it dies or does not start. */
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
  if (threadCount < threadsMax) return start();
  return await new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
  });
}

/** One more thread. The system may have none to give, or forbid them. */
function start(): HashThread {
  let thread: HashThread;
  try {
    thread = new HashThread();
  } catch (cause) {
    throw new CodedError('CRYPTO_HASHER_FAILED', 'expected a thread for the hash, got none', { cause });
  }
  threadCount += 1;
  return thread;
}

function release(thread: HashThread): void {
  if (!thread.isGone) {
    const next = waiting.shift();
    if (next === undefined) idle.push(thread);
    else next.resolve(thread);
    return;
  }
  threadCount -= 1;
  // Whoever waits gets a thread or an answer: with the last thread gone, nobody else would come by with one.
  while (threadCount < threadsMax) {
    const next = waiting.shift();
    if (next === undefined) return;
    try {
      next.resolve(start());
    } catch (error) {
      if (threadCount > 0) {
        waiting.unshift(next);
        return;
      }
      next.reject(error as CodedError);
    }
  }
}
