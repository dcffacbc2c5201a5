/**
 * Proves that the service needs nothing of an engine but point reads, a read by prefix and atomic batches: the whole
 * flow, with the real hasher and the real encryptor, on an engine of ten lines.
 */

import { createArgon2AesGcmAuth } from '@htkv/auth';
import { expect, test } from 'vitest';

import { TenLineEngine } from '../ten-line-engine.ts';
import { masterKey } from '../trial-auth.ts';

test('users, passwords and API keys work on an engine of ten lines', async () => {
  const auth = createArgon2AesGcmAuth(new TenLineEngine(), masterKey(0));
  const user = await auth.createUserWithMetadata('captain', 'it-doesnt-take-much', '{"role":"ops"}');
  expect(await auth.verifyPassword('captain', 'it-doesnt-take-much')).toBe(true);
  expect(await auth.verifyPassword('captain', 'it-takes-more')).toBe(false);
  expect(new TextDecoder().decode(await auth.decryptUserMetadata(user))).toBe('{"role":"ops"}');
  const [record, token] = await auth.createApiKey(user.userId);
  expect((await auth.authenticateApiKey(token))?.ownerId).toBe(user.userId);
  expect(await auth.revokeApiKey(record.keyId)).toBe(true);
  expect(await auth.authenticateApiKey(token)).toBeUndefined();
  expect(await auth.changePassword('captain', 'it-doesnt-take-much', 'it-takes-more')).toBe(true);
  expect(await auth.verifyPassword('captain', 'it-takes-more')).toBe(true);
  expect(await auth.deleteUser(user.userId)).toBe(true);
  expect(await auth.listUsers()).toEqual([]);
  await auth.settled();
});
