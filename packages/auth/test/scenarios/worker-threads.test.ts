/**
 * Proves that services in several worker threads of one process, each with the shared store, keep the same promises as
 * one: a name has one winner, and a right password is a success however many threads note it at the same time.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { AesGcmEncryptor } from '@htkv/crypto';
import { SingleNodeEngine } from '@htkv/engine';
import { AuthService } from '@htkv/auth';
import { expect, test } from 'vitest';

import { freshDirectory } from '../fresh-directory.ts';
import { QuickHasher } from '../quick-hasher.ts';
import type { Result, Task } from '../racing-thread.ts';
import { masterKey } from '../trial-auth.ts';

const THREADS = 3;
const NAMES = Array.from({ length: 100 }, (_, index) => `name ${index}`);

test('of several threads that make a user of one name exactly one succeeds, and all of them log in', async () => {
  const engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const handle = engine.share();
  const threads = Array.from(
    { length: THREADS },
    () => new Worker(new URL('../racing-thread.ts', import.meta.url), { workerData: handle }),
  );
  const tell = async (task: (index: number) => Task): Promise<Result[]> =>
    Promise.all(
      threads.map(async (thread, index) => {
        thread.postMessage(task(index));
        const [result] = (await once(thread, 'message')) as [Result];
        return result;
      }),
    );

  const made = (await tell((index) => ({
    do: 'create',
    names: NAMES,
    password: `of ${index}`,
  }))) as string[][];
  const auth = new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(masterKey(7)));
  const winners = new Set<number>();
  for (const [place, name] of NAMES.entries()) {
    const ids = made.map((results) => results[place]!);
    expect(
      ids.filter((id) => id === 'AUTH_USERNAME_TAKEN'),
      ids.join(),
    ).toHaveLength(THREADS - 1);
    const winner = ids.findIndex((id) => id.startsWith('usr-'));
    winners.add(winner);
    expect((await auth.findUser(name))?.userId).toBe(ids[winner]);
    expect(await auth.verifyPassword(name, `of ${winner}`)).toBe(true);
  }
  expect(await auth.listUsers()).toHaveLength(NAMES.length);
  expect(engine.getPrefix('auth/user_by_name/')).toHaveLength(NAMES.length);

  await auth.createUser('everybody', 'right');
  const times = 500;
  expect(await tell(() => ({ do: 'login', name: 'everybody', password: 'right', times }))).toEqual(
    Array(THREADS).fill(times),
  );
  expect(await tell(() => ({ do: 'close' }))).toEqual(Array(THREADS).fill('closed'));
  await engine.close();
});
