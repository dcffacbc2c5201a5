/** A worker thread with a service of its own on the shared store; does what it is told and answers with what came of it. */

import { workerData, parentPort } from 'node:worker_threads';

import { AesGcmEncryptor } from '@htkv/crypto';
import { errorCode, SingleNodeEngine } from '@htkv/engine';
import { AuthService } from '@htkv/auth';

import { QuickHasher } from './quick-hasher.ts';

/** What the test sends. */
export type Task =
  | { readonly do: 'create'; readonly names: readonly string[]; readonly password: string }
  | { readonly do: 'login'; readonly name: string; readonly password: string; readonly times: number }
  | { readonly do: 'close' };

/** What the test is told: ids and codes of errors, in order, or how many logins succeeded. */
export type Result = readonly string[] | number | 'closed';

const engine = SingleNodeEngine.attach(workerData as Parameters<typeof SingleNodeEngine.attach>[0]);
const auth = new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(new Uint8Array(32).fill(7)), {
  lastLoginIntervalMs: 0,
});

parentPort?.on('message', (task: Task) => void answer(task));

async function answer(task: Task): Promise<void> {
  const result = await perform(task);
  parentPort?.postMessage(result);
  if (result === 'closed') parentPort?.close();
}

async function perform(task: Task): Promise<Result> {
  if (task.do === 'create') {
    const results = await Promise.allSettled(task.names.map((name) => auth.createUser(name, task.password)));
    return results.map((result) =>
      result.status === 'fulfilled'
        ? result.value.userId
        : (errorCode(result.reason) ?? String(result.reason)),
    );
  }
  if (task.do === 'login') {
    const logins = Array.from({ length: task.times }, () => auth.verifyPassword(task.name, task.password));
    return (await Promise.all(logins)).filter(Boolean).length;
  }
  await auth.settled();
  await engine.close();
  return 'closed';
}
