/**
 * In an earlier system ids came from a counter that began at 1 on every start, and a record was written whether or not
 * there was one: the first user made after a restart replaced the first user of all, and the password of one opened
 * the account of the other. The same for API keys. Here ids are random, and a record is made only where there is none.
 */

import { SingleNodeEngine } from '@htkv/engine';
import { AesGcmEncryptor } from '@htkv/crypto';
import { AuthService } from '@htkv/auth';
import { expect, test } from 'vitest';

import { freshDirectory } from '../fresh-directory.ts';
import { QuickHasher } from '../quick-hasher.ts';
import { masterKey, TrialAuth } from '../trial-auth.ts';

test('users and keys made after a restart have ids of their own, and everybody keeps the account that is theirs', async () => {
  const dataDir = freshDirectory();
  const ids = new Set<string>();
  const tokens = new Map<string, string>();
  const names = ['alice', 'bob', 'carol', 'mallory', 'eve'];
  for (const name of names) {
    const engine = await SingleNodeEngine.open({ dataDir });
    const auth = new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(masterKey(7)));
    const { userId } = await auth.createUser(name, `password of ${name}`);
    const [{ keyId }, token] = await auth.createApiKey(userId);
    ids.add(userId).add(keyId);
    tokens.set(userId, token);
    await auth.settled();
    await engine.close();
  }
  expect(ids.size).toBe(names.length * 2);

  const engine = await SingleNodeEngine.open({ dataDir });
  const auth = new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(masterKey(7)));
  expect((await auth.listUsers()).map(({ username }) => username).toSorted()).toEqual(names.toSorted());
  for (const name of names) {
    expect(await auth.verifyPassword(name, `password of ${name}`)).toBe(true);
    expect(await auth.verifyPassword(name, 'password of mallory')).toBe(name === 'mallory');
  }
  for (const [userId, token] of tokens) {
    expect((await auth.authenticateApiKey(token))?.ownerId).toBe(userId);
  }
  await auth.settled();
  await engine.close();
});

test('a random source that repeats itself replaces nobody', async () => {
  // Eight bytes for an id: every second one is one that was drawn before.
  let draws = 0;
  const repeating = (count: number): Uint8Array => {
    draws += 1;
    return new Uint8Array(count).fill(Math.floor(draws / 2));
  };
  const { service, keys } = trial(repeating);
  const users = [];
  for (let index = 0; index < 20; index += 1) users.push(await service.createUser(`user ${index}`, 'secret'));
  expect(new Set(users.map(({ userId }) => userId)).size).toBe(20);
  expect(keys().filter((key) => key.startsWith('auth/user/'))).toHaveLength(20);
  for (const { username, userId } of users) {
    expect((await service.findUser(username))?.userId).toBe(userId);
  }
  const { userId } = users[0]!;
  const issued = [];
  for (let index = 0; index < 20; index += 1) issued.push(await service.createApiKey(userId, `key ${index}`));
  for (const [{ keyId, label }, token] of issued) {
    expect(await service.authenticateApiKey(token)).toMatchObject({ keyId, label });
  }
});

function trial(randomBytes: (count: number) => Uint8Array): { service: AuthService; keys: () => string[] } {
  const auth = new TrialAuth({ randomBytes });
  return { service: auth.service, keys: () => auth.keys() };
}
