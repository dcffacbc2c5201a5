/**
 * Proves how passwords are checked, changed and hashed anew: whole, in the form that was in force when they were set,
 * and with nothing that a login notes standing in the way of another change.
 */

import { BcryptSecretHasher, AesGcmEncryptor } from '@htkv/crypto';
import { AuthService, PASSWORD_BYTES_MAX, type AuthOptions } from '@htkv/auth';
import { expect, test } from 'vitest';

import { QuickHasher } from '../quick-hasher.ts';
import { rejection } from '../rejection.ts';
import { TenLineEngine } from '../ten-line-engine.ts';
import { masterKey, TrialAuth } from '../trial-auth.ts';

test('the right password is true, any other is false, and so is an unknown name', async () => {
  const { service } = new TrialAuth();
  await service.createUser('captain', 'it-doesnt-take-much');
  expect(await service.verifyPassword('captain', 'it-doesnt-take-much')).toBe(true);
  expect(await service.verifyPassword('captain', 'it-doesnt-take-muc')).toBe(false);
  expect(await service.verifyPassword('captain', 'it-doesnt-take-much ')).toBe(false);
  expect(await service.verifyPassword('nobody', 'it-doesnt-take-much')).toBe(false);
});

test('a password may be text or bytes, and text means its UTF-8 bytes', async () => {
  const { service } = new TrialAuth();
  await service.createUser('captain', 'pässword');
  expect(await service.verifyPassword('captain', new TextEncoder().encode('pässword'))).toBe(true);
  await service.createUser('binary', Uint8Array.from([0, 255, 0]));
  expect(await service.verifyPassword('binary', Uint8Array.from([0, 255, 0]))).toBe(true);
  expect(await service.verifyPassword('binary', Uint8Array.from([0, 255]))).toBe(false);
});

test('the longest password counts to its last byte', async () => {
  const { service } = new TrialAuth();
  const longest = 'x'.repeat(PASSWORD_BYTES_MAX);
  await service.createUser('captain', longest);
  expect(await service.verifyPassword('captain', longest)).toBe(true);
  expect(await service.verifyPassword('captain', `${longest.slice(0, -1)}y`)).toBe(false);
  expect(await service.verifyPassword('captain', `${longest}x`)).toBe(false);
});

test('a successful login is noted, coarsely, and ends the count of failures', async () => {
  const trial = new TrialAuth({ lastLoginIntervalMs: 1_000 });
  const { service } = trial;
  await service.createUser('captain', 'right');
  await service.verifyPassword('captain', 'wrong');
  await service.verifyPassword('captain', 'wrong');
  expect(await service.findUser('captain')).toMatchObject({ failedAttempts: 2, lastLogin: undefined });
  const first = trial.now;
  await service.verifyPassword('captain', 'right');
  expect(await service.findUser('captain')).toMatchObject({ failedAttempts: 0, lastLogin: first });
  trial.now += 999;
  await service.verifyPassword('captain', 'right');
  expect(await service.findUser('captain')).toMatchObject({ lastLogin: first });
  trial.now += 1;
  await service.verifyPassword('captain', 'right');
  expect(await service.findUser('captain')).toMatchObject({ lastLogin: first + 1_000 });
});

test('a password is changed by whoever knows the old one', async () => {
  const { service } = new TrialAuth();
  const user = await service.createUserWithMetadata('captain', 'old', 'notes');
  expect(await service.changePassword('captain', 'wrong', 'new')).toBe(false);
  expect((await service.findUser('captain'))?.failedAttempts).toBe(1);
  expect(await service.changePassword('nobody', 'old', 'new')).toBe(false);
  expect(await service.changePassword('Captain', 'old', 'new')).toBe(true);
  expect(await service.verifyPassword('captain', 'old')).toBe(false);
  expect(await service.verifyPassword('captain', 'new')).toBe(true);
  const after = await service.findUser('captain');
  expect(after).toMatchObject({ userId: user.userId, createdAt: user.createdAt });
  expect(await service.decryptUserMetadata(after!)).toEqual(await service.decryptUserMetadata(user));
});

test('a password is reset without the old one, and failed logins are forgotten with it', async () => {
  const trial = new TrialAuth();
  const { service } = trial;
  const user = await service.createUserWithMetadata('captain', 'old', 'notes');
  const [key, token] = await service.createApiKey(user.userId);
  await service.verifyPassword('captain', 'wrong');
  expect(await service.resetPassword(user.userId, 'new')).toBe(true);
  expect(await service.verifyPassword('captain', 'old')).toBe(false);
  expect(await service.verifyPassword('captain', 'new')).toBe(true);
  expect(await service.authenticateApiKey(token)).toMatchObject({ keyId: key.keyId });
  const after = await service.findUser('captain');
  expect(after).toMatchObject({ ...user, failedAttempts: 0, lastLogin: trial.now });
  expect(trial.noteFailures).toEqual([]);
});

test('whoever had to wait after failures need not after a reset', async () => {
  const { service } = new TrialAuth({ throttle: { freeAttempts: 1 } });
  const { userId } = await service.createUser('captain', 'old');
  while ((await service.findUser('captain'))?.failedAttempts !== 1) {
    await service.verifyPassword('captain', 'wrong');
  }
  expect(await rejection(service.verifyPassword('captain', 'old'))).toMatchObject({ code: 'AUTH_THROTTLED' });
  await service.resetPassword(userId, 'new');
  expect(await service.verifyPassword('captain', 'new')).toBe(true);
});

test('a reset of nobody changes nothing, and one to a refused password is refused', async () => {
  const trial = new TrialAuth({ isKnownBadPassword: (password) => Promise.resolve(password === 'letmein') });
  const { service } = trial;
  expect(await service.resetPassword('usr-0123456789abcdef', 'new')).toBe(false);
  expect(await service.resetPassword('captain', 'new')).toBe(false);
  expect(trial.keys()).toEqual([]);
  const { userId } = await service.createUser('captain', 'old');
  expect(await rejection(service.resetPassword(userId, 'letmein'))).toMatchObject({
    code: 'AUTH_PASSWORD_REFUSED',
  });
  expect(await rejection(service.resetPassword(userId, ''))).toBeInstanceOf(RangeError);
  expect(await service.verifyPassword('captain', 'old')).toBe(true);
});

test('of a reset and a login that hashes anew, the reset stays', async () => {
  const { service, hasher } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'old');
  hasher.strength = 2;
  await Promise.all([service.verifyPassword('captain', 'old'), service.resetPassword(userId, 'new')]);
  expect(await service.verifyPassword('captain', 'old')).toBe(false);
  expect(await service.verifyPassword('captain', 'new')).toBe(true);
});

test('a login hashes the password anew when the hasher asks for more, and only then', async () => {
  const { service, hasher } = new TrialAuth();
  await service.createUser('captain', 'right');
  await service.verifyPassword('captain', 'right');
  const before = hasher.hashes;
  hasher.strength = 2;
  await service.verifyPassword('captain', 'wrong');
  expect(hasher.hashes).toBe(before);
  await service.verifyPassword('captain', 'right');
  expect(hasher.hashes).toBe(before + 1);
  expect(await service.verifyPassword('captain', 'right')).toBe(true);
  expect(hasher.hashes).toBe(before + 1);
});

const COMPOSED = 'caf\u00E9';
const DECOMPOSED = 'cafe\u0301';

test('without the option, text is hashed as it is', async () => {
  const { service } = new TrialAuth();
  await service.createUser('captain', COMPOSED);
  expect(await service.verifyPassword('captain', DECOMPOSED)).toBe(false);
});

test('with NFKC, spellings of one text are one password', async () => {
  const { service } = new TrialAuth({ passwordForm: 'nfkc' });
  await service.createUser('captain', COMPOSED);
  expect(await service.verifyPassword('captain', DECOMPOSED)).toBe(true);
  await service.createUser('wide', 'ｐａｓｓ');
  expect(await service.verifyPassword('wide', 'pass')).toBe(true);
});

test('turning the option on or off locks nobody out, and takes hold with the next login', async () => {
  const engine = new TenLineEngine();
  const open = (options: AuthOptions): AuthService =>
    new AuthService(engine, new QuickHasher(), new AesGcmEncryptor(masterKey(7)), options);
  await open({}).createUser('captain', DECOMPOSED);
  const normalising = open({ passwordForm: 'nfkc' });
  expect(await normalising.verifyPassword('captain', COMPOSED)).toBe(false);
  expect(await normalising.verifyPassword('captain', DECOMPOSED)).toBe(true);
  expect(await normalising.verifyPassword('captain', COMPOSED)).toBe(true);
  expect(await open({}).verifyPassword('captain', DECOMPOSED)).toBe(true);
});

test('a password that is known to be bad is refused, for a new user and for a change', async () => {
  const seen: unknown[] = [];
  const { service } = new TrialAuth({
    isKnownBadPassword: async (password, username) => {
      seen.push([password, username]);
      return Promise.resolve(password === '123456');
    },
  });
  const refused = { code: 'AUTH_PASSWORD_REFUSED' };
  expect(await rejection(service.createUser(' Captain', '123456'))).toMatchObject(refused);
  expect(await service.listUsers()).toEqual([]);
  await service.createUser('Captain', 'better');
  expect(await rejection(service.changePassword('captain', 'better', '123456'))).toMatchObject(refused);
  expect(await service.verifyPassword('captain', 'better')).toBe(true);
  expect(seen).toEqual([
    ['123456', 'Captain'],
    ['better', 'Captain'],
    ['123456', 'Captain'],
  ]);
});

test('what the hasher cannot hash whole is refused for a new password, and is no password at a login', async () => {
  const service = new AuthService(
    new TenLineEngine(),
    new BcryptSecretHasher({ cost: 10 }),
    new AesGcmEncryptor(masterKey(7)),
  );
  const tooLong = 'x'.repeat(73);
  expect(await rejection(service.createUser('captain', tooLong))).toMatchObject({
    code: 'CRYPTO_SECRET_REFUSED',
  });
  await service.createUser('captain', tooLong.slice(1));
  expect(await service.verifyPassword('captain', tooLong)).toBe(false);
});

test('a right password stays right when the store takes no writes', async () => {
  const { service, engine, noteFailures } = new TrialAuth();
  await service.createUser('captain', 'right');
  const [, token] = await service.createApiKey((await service.findUser('captain'))!.userId);
  engine.submitBatch = () => Promise.reject(new Error('no space'));
  expect(await service.verifyPassword('captain', 'right')).toBe(true);
  expect(await service.authenticateApiKey(token)).toBeDefined();
  await service.settled();
  expect(noteFailures).toHaveLength(2);
  for (let use = 0; use < 5; use += 1) expect(await service.authenticateApiKey(token)).toBeDefined();
  await service.settled();
  expect(noteFailures).toHaveLength(2);
  // A guess that cannot be counted is an error, the same for every name.
  expect((await rejection(service.verifyPassword('captain', 'wrong'))).message).toBe('no space');
  expect((await rejection(service.verifyPassword('nobody', 'wrong'))).message).toBe('no space');
});
