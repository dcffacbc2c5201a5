/**
 * Proves what API keys are: tokens shown once, of which the store has a keyed hash; with scopes and a deadline; rotated
 * with an overlap, listed, revoked; and checked without a write for each use.
 */

import { expect, test } from 'vitest';

import { rejection } from '../rejection.ts';
import { TrialAuth } from '../trial-auth.ts';

test('a key has a record with the fields that were promised, and a token of the promised shape', async () => {
  const { service, now } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const [record, token] = await service.createApiKey(userId, 'deploy');
  expect(record).toEqual({
    keyId: expect.stringMatching(/^key-[0-9a-f]{16}$/),
    ownerId: userId,
    label: 'deploy',
    scopes: [],
    createdAt: now,
    expiresAt: undefined,
    lastUsed: undefined,
    metadata: undefined,
  });
  expect(token).toMatch(/^key-[0-9a-f]{16}\.[0-9a-f]{64}$/);
  expect(token.slice(0, 20)).toBe(record.keyId);
  expect(await service.authenticateApiKey(token)).toEqual({ ...record, lastUsed: now });
});

test('a key and its place in the list of its owner are one batch, and revoking takes both away', async () => {
  const trial = new TrialAuth();
  const { service, engine } = trial;
  const { userId } = await service.createUser('captain', 'secret');
  const before = trial.keys();
  const batches = engine.batches.length;
  const [{ keyId }, token] = await service.createApiKey(userId);
  expect(engine.batches).toHaveLength(batches + 1);
  expect(trial.keys()).toHaveLength(before.length + 2);
  expect(await service.revokeApiKey(keyId)).toBe(true);
  expect(engine.batches).toHaveLength(batches + 2);
  expect(await service.revokeApiKey(keyId)).toBe(false);
  expect(await service.authenticateApiKey(token)).toBeUndefined();
  expect(await service.listApiKeys(userId)).toEqual([]);
  expect(trial.keys()).toEqual(before);
});

test('metadata of a key comes back as it went in', async () => {
  const { service } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const [record, token] = await service.createApiKeyWithMetadata(userId, 'deploy', 'for the night build');
  expect(new TextDecoder().decode(await service.decryptApiKeyMetadata(record))).toBe('for the night build');
  const used = await service.authenticateApiKey(token);
  expect(new TextDecoder().decode(await service.decryptApiKeyMetadata(used!))).toBe('for the night build');
  const [bare] = await service.createApiKeyWithMetadata(userId);
  expect(await service.decryptApiKeyMetadata(bare)).toBeUndefined();
});

test('keys of a user are listed, those of others are not', async () => {
  const { service } = new TrialAuth();
  const ada = await service.createUser('ada', 'secret');
  const grace = await service.createUser('grace', 'secret');
  const made = [];
  for (const label of ['one', 'two', 'three']) made.push((await service.createApiKey(ada.userId, label))[0]);
  await service.createApiKey(grace.userId, 'hers');
  const listed = await service.listApiKeys(ada.userId);
  expect(listed).toEqual(made.toSorted((left, right) => (left.keyId < right.keyId ? -1 : 1)));
  expect(JSON.stringify(listed)).not.toContain('mac');
  expect(await service.listApiKeys('usr-0123456789abcdef')).toEqual([]);
});

test('a key ends at its deadline, that moment included', async () => {
  const trial = new TrialAuth();
  const { service } = trial;
  const { userId } = await service.createUser('captain', 'secret');
  const expiresAt = trial.now + 1_000;
  const [, token] = await service.createApiKey(userId, undefined, { expiresAt });
  trial.now = expiresAt - 1;
  expect(await service.authenticateApiKey(token)).toMatchObject({ expiresAt });
  trial.now = expiresAt;
  expect(await service.authenticateApiKey(token)).toBeUndefined();
  expect(await service.listApiKeys(userId)).toHaveLength(1);
});

test('a key opens only what it has the scopes for; one without scopes has none', async () => {
  const { service } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const [record, token] = await service.createApiKey(userId, 'ci', { scopes: ['read', 'write', 'read'] });
  expect(record.scopes).toEqual(['read', 'write']);
  expect(await service.authenticateApiKey(token, { scopes: ['read'] })).toBeDefined();
  expect(await service.authenticateApiKey(token, { scopes: ['write', 'read'] })).toBeDefined();
  expect(await service.authenticateApiKey(token, { scopes: ['read', 'admin'] })).toBeUndefined();
  const [, bare] = await service.createApiKey(userId);
  expect(await service.authenticateApiKey(bare)).toBeDefined();
  expect(await service.authenticateApiKey(bare, { scopes: ['read'] })).toBeUndefined();
});

test('a rotated key answers to both tokens until the overlap is over', async () => {
  const trial = new TrialAuth({ rotationOverlapMs: 10_000 });
  const { service } = trial;
  const { userId } = await service.createUser('captain', 'secret');
  const [record, old] = await service.createApiKeyWithMetadata(userId, 'ci', 'notes', { scopes: ['read'] });
  const [rotated, fresh] = await service.rotateApiKey(record.keyId);
  expect(rotated).toEqual(record);
  expect(fresh).not.toBe(old);
  trial.now += 9_999;
  expect(await service.authenticateApiKey(old)).toMatchObject({ keyId: record.keyId });
  expect(await service.authenticateApiKey(fresh)).toMatchObject({ keyId: record.keyId });
  trial.now += 1;
  expect(await service.authenticateApiKey(old)).toBeUndefined();
  expect(await service.authenticateApiKey(fresh)).toMatchObject({ keyId: record.keyId });
  expect(new TextDecoder().decode(await service.decryptApiKeyMetadata(rotated))).toBe('notes');
});

test('a second rotation ends the oldest token, and one without overlap every old one', async () => {
  const { service } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const [{ keyId }, first] = await service.createApiKey(userId);
  const [, second] = await service.rotateApiKey(keyId);
  const [, third] = await service.rotateApiKey(keyId);
  const valid = async (): Promise<boolean[]> =>
    Promise.all(
      [first, second, third].map(async (token) => (await service.authenticateApiKey(token)) !== undefined),
    );
  expect(await valid()).toEqual([false, true, true]);
  await service.rotateApiKey(keyId, { overlapMs: 0 });
  expect(await valid()).toEqual([false, false, false]);
});

test('use is noted at most once in the interval, and nobody waits for it', async () => {
  const trial = new TrialAuth({ lastUsedIntervalMs: 60_000 });
  const { service, engine } = trial;
  const { userId } = await service.createUser('captain', 'secret');
  const [, token] = await service.createApiKey(userId);
  const before = engine.batches.length;
  const first = trial.now;
  for (let use = 0; use < 1_000; use += 1) await service.authenticateApiKey(token);
  await service.settled();
  expect(engine.batches).toHaveLength(before + 1);
  trial.now += 59_999;
  expect(await service.authenticateApiKey(token)).toMatchObject({ lastUsed: first });
  trial.now += 1;
  expect(await service.authenticateApiKey(token)).toMatchObject({ lastUsed: first + 60_000 });
  await service.settled();
  expect(engine.batches).toHaveLength(before + 2);
  expect(await service.listApiKeys(userId)).toMatchObject([{ lastUsed: first + 60_000 }]);

  // A store that never answers keeps nobody waiting.
  trial.now += 60_000;
  engine.submitBatch = () => new Promise(() => undefined);
  expect(await service.authenticateApiKey(token)).toBeDefined();
  expect(await service.authenticateApiKey(token)).toBeDefined();
});

test('a use that is noted late does not bring a revoked key back', async () => {
  const { service, engine } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const [{ keyId }, token] = await service.createApiKey(userId);
  const submitBatch = engine.submitBatch.bind(engine);
  engine.submitBatch = async (commands) => {
    await new Promise((resolve) => setImmediate(resolve));
    return submitBatch(commands);
  };
  const use = service.authenticateApiKey(token);
  expect(await service.revokeApiKey(keyId)).toBe(true);
  expect(await use).toBeDefined();
  await service.settled();
  expect(await service.authenticateApiKey(token)).toBeUndefined();
});

test('keys are made for users that exist, and rotated if they exist themselves', async () => {
  const { service } = new TrialAuth();
  for (const userId of ['usr-0123456789abcdef', 'captain', '']) {
    expect(await rejection(service.createApiKey(userId))).toMatchObject({ code: 'AUTH_USER_NOT_FOUND' });
  }
  for (const keyId of ['key-0123456789abcdef', 'deploy', '']) {
    expect(await rejection(service.rotateApiKey(keyId))).toMatchObject({ code: 'AUTH_API_KEY_NOT_FOUND' });
    expect(await service.revokeApiKey(keyId)).toBe(false);
  }
});
