/**
 * In an earlier system every login wrote the user's record with a version taken from a clock, and a write that came
 * late failed the login: of 8,000 logins with the right password, made by four at a time, 1,602 were refused. Here
 * what is noted about a login gives way to other writes, and is rarely written at all.
 */

import { AesGcmEncryptor } from '@htkv/crypto';
import { SingleNodeEngine } from '@htkv/engine';
import { AuthService } from '@htkv/auth';
import { expect, test } from 'vitest';

import { DelayedLog } from '../delayed-log.ts';
import { freshDirectory } from '../fresh-directory.ts';
import { QuickHasher } from '../quick-hasher.ts';
import { masterKey } from '../trial-auth.ts';

const LOGINS = 8_000;

test('8,000 concurrent logins with the right password are 8,000 successes', async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const services = Array.from(
    { length: 4 },
    () =>
      new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(masterKey(7)), {
        lastLoginIntervalMs: 0,
      }),
  );
  await services[0]!.createUser('alice', 'right');
  const before = engine.latestSequence();
  const results = await Promise.all(
    Array.from({ length: LOGINS }, (_, index) => services[index % 4]!.verifyPassword('alice', 'right')),
  );
  expect(results.filter(Boolean)).toHaveLength(LOGINS);
  expect(engine.latestSequence()).toBeGreaterThan(before);
  expect(await services[0]!.findUser('alice')).toMatchObject({ failedAttempts: 0 });
});

test('logins succeed behind a log in which every write meets others, and with a clock that jumps', async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const log = new DelayedLog(engine);
  let ticks = 0;
  // Forth, back, and the same twice.
  const now = (): number => 1_800_000_000_000 + [0, 5, 5, -3_600_000, 2][(ticks += 1) % 5]!;
  const services = Array.from(
    { length: 4 },
    () =>
      new AuthService(log.member(), new QuickHasher(), new AesGcmEncryptor(masterKey(7)), {
        now,
        lastLoginIntervalMs: 0,
      }),
  );
  await services[0]!.createUser('alice', 'right');
  const results = await Promise.all(
    Array.from({ length: 400 }, (_, index) => services[index % 4]!.verifyPassword('alice', 'right')),
  );
  expect(results.filter(Boolean)).toHaveLength(400);
  expect(log.conflicts).toBeGreaterThan(100);
});

test('logins do not write more often than they are asked to', async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const auth = new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(masterKey(7)), {
    lastLoginIntervalMs: 3_600_000,
  });
  await auth.createUser('alice', 'right');
  const before = engine.latestSequence();
  for (let login = 0; login < 100; login += 1) await auth.verifyPassword('alice', 'right');
  expect(engine.latestSequence()).toBe(before + 1);
});
