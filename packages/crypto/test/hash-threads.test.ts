/**
 * Proves that threads serve many jobs, that the death of one fails its job and nothing else, and that an idle one does
 * not keep a process alive.
 */

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { BcryptJob } from '../src/hash-job.ts';
import { HashThread } from '../src/hash-thread.ts';
import { computeOnThread } from '../src/hash-threads.ts';

const salt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.';
const job: BcryptJob = { type: 'bcrypt', password: 'U*U', salt };
const hash = `${salt}E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`;

test('many jobs share a few threads', async () => {
  const results = await Promise.all(Array.from({ length: 12 }, async () => await computeOnThread(job)));
  expect(new Set(results)).toEqual(new Set([hash]));
});

test('a job that throws fails alone, and says why', async () => {
  const bad = computeOnThread({ ...job, salt: 'no salt' });
  const [first, second, third] = await Promise.allSettled([bad, computeOnThread(job), computeOnThread(job)]);
  expect(first).toMatchObject({
    status: 'rejected',
    reason: { code: 'CRYPTO_HASHER_FAILED', cause: expect.any(Error) },
  });
  expect([second, third]).toMatchObject([{ value: hash }, { value: hash }]);
  expect(await computeOnThread(job)).toBe(hash);
});

test('a thread that is terminated fails its job, and every later one', async () => {
  const thread = new HashThread();
  expect(await thread.compute(job)).toBe(hash);
  const slow = thread.compute({ ...job, salt: salt.replace('05', '15') });
  const [verdict] = await Promise.allSettled([slow, thread.terminate()]);
  expect(verdict).toMatchObject({ status: 'rejected', reason: { code: 'CRYPTO_HASHER_FAILED' } });
  expect(thread.isGone).toBe(true);
  await expect(thread.compute(job)).rejects.toMatchObject({ code: 'CRYPTO_HASHER_FAILED' });
});

test('a process with an idle thread ends by itself, one with a job ends after it', () => {
  const entry = new URL('../src/index.ts', import.meta.url).href;
  const program = `
    import { BcryptSecretHasher } from ${JSON.stringify(entry)};
    const hasher = new BcryptSecretHasher();
    if (!(await hasher.verify('U*U', '${hash}'))) throw new Error('expected the hash to be right');
    hasher.verify('U*U', '${hash}').then((verdict) => console.log('second', verdict));
  `;
  const options = ['--input-type=module', '-e', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, options, {
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(stderr.replaceAll(/^.*(ExperimentalWarning|--trace-warnings).*\n/gm, '')).toBe('');
  expect([status, stdout]).toEqual([0, 'second true\n']);
});
