/**
 * Proves what users are: made once, found by name in any spelling, listed, and deleted with all that is theirs. On the
 * smallest engine, so nothing here needs more than point reads, a read by prefix and atomic batches.
 */

import { readUsers } from '@htkv/auth';
import { expect, test } from 'vitest';

import { rejection } from '../rejection.ts';
import { TrialAuth } from '../trial-auth.ts';

test('a user has a record with the fields that were promised', async () => {
  const { service, now } = new TrialAuth();
  const user = await service.createUser('  Captain ', 'secret');
  expect(user).toEqual({
    userId: expect.stringMatching(/^usr-[0-9a-f]{16}$/),
    username: 'Captain',
    createdAt: now,
    lastLogin: undefined,
    failedAttempts: 0,
    metadata: undefined,
  });
  expect(await service.getUser(user.userId)).toEqual(user);
  expect(await service.findUser('CAPTAIN')).toEqual(user);
  expect(JSON.stringify(await service.listUsers())).not.toMatch(/hash|quick/i);
});

test.for(['captain', 'CAPTAIN', ' captain\t', 'Ｃaptain'])(
  '%j is the name of the captain',
  async (spelling) => {
    const { service } = new TrialAuth();
    await service.createUser('Captain', 'secret');
    expect(await service.verifyPassword(spelling, 'secret')).toBe(true);
    expect(await rejection(service.createUser(spelling, 'other'))).toMatchObject({
      code: 'AUTH_USERNAME_TAKEN',
    });
  },
);

test('a name that is composed of other characters that look the same is the same name', async () => {
  const { service } = new TrialAuth();
  await service.createUser('zo\u00EB', 'secret');
  expect(await service.verifyPassword('zoe\u0308', 'secret')).toBe(true);
});

test('a user is written as one batch, record and name, and only where there are none', async () => {
  const { service, engine, keys } = trial();
  await service.createUser('first', 'secret');
  const before = engine.batches.length;
  const { userId } = await service.createUserWithMetadata('Second', 'secret', 'notes');
  expect(engine.batches).toHaveLength(before + 1);
  expect(engine.batches.at(-1)).toMatchObject([{ ifAbsent: true }, { ifAbsent: true }]);
  expect(keys()).toContain(`auth/user/${userId}`);
  expect(new TextDecoder().decode(engine.get('auth/user_by_name/second'))).toBe(userId);
});

test('metadata comes back as it went in; empty means none', async () => {
  const { service } = new TrialAuth();
  const user = await service.createUserWithMetadata('captain', 'secret', '{"role":"ops"}');
  expect(new TextDecoder().decode(await service.decryptUserMetadata(user))).toBe('{"role":"ops"}');
  const found = await service.findUser('captain');
  expect(await service.decryptUserMetadata(found!)).toEqual(await service.decryptUserMetadata(user));
  const bytes = Uint8Array.from([0, 255, 128]);
  const other = await service.createUserWithMetadata('other', 'secret', bytes);
  expect([...(await service.decryptUserMetadata(other))!]).toEqual([...bytes]);
  const bare = await service.createUserWithMetadata('bare', 'secret', '');
  expect(bare.metadata).toBeUndefined();
  expect(await service.decryptUserMetadata(bare)).toBeUndefined();
});

test('users are listed in the order of their ids, with the service and without any key', async () => {
  const { service, engine } = new TrialAuth();
  expect(await service.listUsers()).toEqual([]);
  for (const name of ['ada', 'grace', 'edsger']) await service.createUser(name, 'secret');
  const users = await service.listUsers();
  expect(users.map(({ username }) => username).toSorted()).toEqual(['ada', 'edsger', 'grace']);
  expect(users.map(({ userId }) => userId)).toEqual(users.map(({ userId }) => userId).toSorted());
  expect(readUsers(engine)).toEqual(
    users.map(({ userId, username, createdAt, lastLogin }) => ({ userId, username, createdAt, lastLogin })),
  );
});

test('deleting a user takes name and API keys along, in one batch, and leaves those of others', async () => {
  const { service, engine, keys } = trial();
  const ada = await service.createUser('ada', 'secret');
  const grace = await service.createUser('grace', 'secret');
  const tokens = [];
  for (let index = 0; index < 3; index += 1) tokens.push((await service.createApiKey(ada.userId))[1]);
  const [, kept] = await service.createApiKey(grace.userId);
  const before = engine.batches.length;
  expect(await service.deleteUser(ada.userId)).toBe(true);
  expect(engine.batches).toHaveLength(before + 1);
  expect(await service.deleteUser(ada.userId)).toBe(false);
  expect(keys().filter((key) => key.includes(ada.userId) || key.endsWith('/ada'))).toEqual([]);
  expect(keys().filter((key) => key.startsWith('auth/apikey/'))).toHaveLength(1);
  for (const token of tokens) expect(await service.authenticateApiKey(token)).toBeUndefined();
  expect(await service.verifyPassword('ada', 'secret')).toBe(false);
  expect(await service.authenticateApiKey(kept)).toMatchObject({ ownerId: grace.userId });

  const again = await service.createUser('ada', 'other');
  expect(again.userId).not.toBe(ada.userId);
  expect(await service.listApiKeys(again.userId)).toEqual([]);
});

function trial(): { service: TrialAuth['service']; engine: TrialAuth['engine']; keys: () => string[] } {
  const auth = new TrialAuth();
  return { service: auth.service, engine: auth.engine, keys: () => auth.keys() };
}
