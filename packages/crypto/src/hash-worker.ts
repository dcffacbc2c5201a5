/**
 * The body of a hash thread: computes what it is asked, one job after the other, and answers.
 *
 * A job that throws ends the thread; whoever waits for it learns the cause.
 */

import { parentPort } from 'node:worker_threads';
import { argon2id } from '@noble/hashes/argon2.js';
import { hashSync } from 'bcryptjs';
import type { HashJob, HashResult } from './hash-job.ts';

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(compute(job)));

function compute(job: HashJob): HashResult {
  if (job.type === 'bcrypt') return hashSync(job.password, job.salt);
  const { password, salt, memoryKiB, passes, lanes, tagBytes, secret, associatedData } = job;
  const tag = argon2id(password, salt, {
    m: memoryKiB,
    t: passes,
    p: lanes,
    dkLen: tagBytes,
    maxmem: 2 ** 31,
    ...(secret === undefined ? {} : { key: secret }),
    ...(associatedData === undefined ? {} : { personalization: associatedData }),
  });
  // What came in the message is this thread's own copy.
  password.fill(0);
  secret?.fill(0);
  return tag;
}
