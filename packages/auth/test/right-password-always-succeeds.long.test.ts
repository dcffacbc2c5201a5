/**
 * Proves with the real hasher what the regression test of the same name proves with a quick one: 8,000 concurrent
 * logins with the right password are 8,000 successes, while others guess under other names. Minutes long.
 */

import { SingleNodeEngine } from '@htkv/engine';
import { createArgon2AesGcmAuth } from '@htkv/auth';
import { expect, test } from 'vitest';

import { freshDirectory } from './fresh-directory.ts';
import { masterKey } from './trial-auth.ts';

const LOGINS = 8_000;
const USERS = 8;

test('8,000 concurrent logins with Argon2id are 8,000 successes', { timeout: 1_800_000 }, async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const auth = createArgon2AesGcmAuth(engine, masterKey(7));
  for (let user = 0; user < USERS; user += 1) await auth.createUser(`user ${user}`, `password ${user}`);
  const guesses = Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => auth.verifyPassword('stranger', `guess ${index}`)),
  );
  const start = performance.now();
  const results = await Promise.all(
    Array.from({ length: LOGINS }, (_, index) =>
      auth.verifyPassword(`user ${index % USERS}`, `password ${index % USERS}`),
    ),
  );
  const seconds = (performance.now() - start) / 1_000;
  process.stdout.write(
    `${LOGINS} logins in ${seconds.toFixed(1)} s, ${(LOGINS / seconds).toFixed(0)} a second\n`,
  );
  expect(results.filter(Boolean)).toHaveLength(LOGINS);
  expect((await guesses).filter(({ status }) => status === 'rejected')).toHaveLength(95);
});
