/**
 * Argon2id (RFC 9106, version 1.3) off the calling thread: on the runtime's own implementation where it has one, on a
 * thread of ours otherwise. Both give the same bytes. Which it is, is found out by trying, not from version numbers.
 *
 * Before the first hash, the implementation has to give the test vector of the RFC, with 32 KiB a matter of a
 * millisecond. One that refuses to work is passed over; one that gives something else is never used, nor is another in
 * its place.
 */

import * as crypto from 'node:crypto';
import { CodedError } from '@htkv/base';
import { equalConstantTime } from './equal-constant-time.ts';
import type { Argon2Job } from './hash-job.ts';
import { computeOnThread } from './hash-threads.ts';

export type Argon2Engine = (job: Argon2Job) => Promise<Uint8Array>;

/** RFC 9106 section 5.3. */
const vector: Argon2Job = {
  type: 'argon2id',
  password: new Uint8Array(32).fill(0x01),
  salt: new Uint8Array(16).fill(0x02),
  secret: new Uint8Array(8).fill(0x03),
  associatedData: new Uint8Array(12).fill(0x04),
  memoryKiB: 32,
  passes: 3,
  lanes: 4,
  tagBytes: 32,
};
const vectorTag = Buffer.from('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659', 'hex');

let chosen: Promise<Argon2Engine> | undefined;

/** The engine of this process, tried and found right. Rejects with `CRYPTO_SELF_TEST_FAILED` if there is none. */
export async function argon2Engine(): Promise<Argon2Engine> {
  chosen ??= chooseEngine(nativeArgon2(), threadArgon2).catch((error: unknown) => {
    // A thread may have died for want of memory; the next call tries again.
    chosen = undefined;
    throw error;
  });
  return await chosen;
}

/** The first of the two if it works, else the second. Rejects with `CRYPTO_SELF_TEST_FAILED` if it computes wrongly. */
export async function chooseEngine(
  preferred: Argon2Engine | undefined,
  otherwise: Argon2Engine,
): Promise<Argon2Engine> {
  if (preferred !== undefined) {
    const tag = await preferred(vector).catch(() => undefined);
    if (tag !== undefined) {
      checkTag(tag);
      return preferred;
    }
  }
  checkTag(await otherwise(vector));
  return otherwise;
}

/** The runtime's own implementation, or `undefined` where it has none (Node before 24.7, or another libcrypto). */
export function nativeArgon2(): Argon2Engine | undefined {
  const { argon2 } = crypto as Partial<typeof crypto>;
  if (argon2 === undefined) return undefined;
  return async ({ password, salt, memoryKiB, passes, lanes, tagBytes, secret, associatedData }) =>
    await new Promise((resolve, reject) => {
      const parameters = {
        message: password,
        nonce: salt,
        memory: memoryKiB,
        passes,
        parallelism: lanes,
        tagLength: tagBytes,
        ...(secret === undefined ? {} : { secret }),
        ...(associatedData === undefined ? {} : { associatedData }),
      };
      argon2('argon2id', parameters, (error, tag) => {
        if (error === null) resolve(new Uint8Array(tag));
        else
          reject(new CodedError('CRYPTO_HASHER_FAILED', 'expected a hash, got an error', { cause: error }));
      });
    });
}

/** JavaScript on another thread. */
export const threadArgon2: Argon2Engine = async (job) => (await computeOnThread(job)) as Uint8Array;

function checkTag(tag: Uint8Array): void {
  if (equalConstantTime(tag, vectorTag)) return;
  throw new CodedError(
    'CRYPTO_SELF_TEST_FAILED',
    'expected the tag of RFC 9106 section 5.3, got another one',
  );
}
