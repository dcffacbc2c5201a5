/**
 * Proves that whatever is passed in, a call gives the documented answer: `false` or `undefined` where the input may
 * come from a stranger, a coded error where the caller has to know, and never an exception from deep inside. Nothing
 * of it costs a hash.
 */

import { AesGcmEncryptor } from '@htkv/crypto';
import {
  AuthService,
  createArgon2AesGcmAuth,
  METADATA_BYTES_MAX,
  SCOPES_MAX,
  type AuthOptions,
  type AuthStore,
  type SecretHasher,
} from '@htkv/auth';
import * as fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';

import { QuickHasher } from '../quick-hasher.ts';
import { rejection } from '../rejection.ts';
import { TenLineEngine } from '../ten-line-engine.ts';
import { masterKey, TrialAuth } from '../trial-auth.ts';

const SEED = 20_261_120;
const MEBIBYTE = 1_048_576;

/** Text that cannot be a name. */
const badNames = [
  '',
  '   ',
  '\t\n',
  '\u00A0',
  '\u200B',
  'a\u0000b',
  'a\u202Eb',
  'a\u2028b',
  'alice\uFE0F',
  'alice\u3164',
  'al\u034Fice',
  '\uD800',
  'x'.repeat(257),
  'é'.repeat(200),
];
const badPasswords = [
  '',
  '\uD800',
  'x'.repeat(1_025),
  'é'.repeat(600),
  new Uint8Array(),
  new Uint8Array(1_025),
];
const wrongTypes = [
  undefined,
  null,
  0,
  true,
  {},
  [],
  ['captain'],
  Symbol('captain'),
  new Date(0),
] as unknown as string[];

test.for(badNames.map((name) => [name]))('%j is no name', async ([name = '']) => {
  const { service, hasher } = new TrialAuth();
  expect(await rejection(service.createUser(name, 'secret'))).toMatchObject({ code: 'VALIDATION_RANGE' });
  expect(await service.verifyPassword(name, 'secret')).toBe(false);
  expect(await service.changePassword(name, 'secret', 'other')).toBe(false);
  expect(await service.findUser(name)).toBeUndefined();
  expect(hasher.hashes + hasher.verifications).toBe(0);
});

test('the message for an empty name is the one that earlier systems had', async () => {
  const { service } = new TrialAuth();
  expect((await rejection(service.createUser(' ', 'secret'))).message).toBe('username cannot be empty');
});

test('what cannot be a password makes no user and is no right password', async () => {
  const { service, hasher } = new TrialAuth();
  for (const password of badPasswords) {
    expect(await rejection(service.createUser('captain', password))).toMatchObject({
      code: 'VALIDATION_RANGE',
    });
    expect(await service.verifyPassword('captain', password)).toBe(false);
    expect(await rejection(service.changePassword('captain', 'old', password))).toMatchObject({
      code: 'VALIDATION_RANGE',
    });
  }
  expect(hasher.hashes + hasher.verifications).toBe(0);
});

test('a password of a mebibyte, or of a hundred, costs no hash', async () => {
  const { service, hasher } = new TrialAuth({ passwordForm: 'nfkc' });
  await service.createUser('captain', 'secret');
  const before = hasher.hashes + hasher.verifications;
  const encode = vi.spyOn(TextEncoder.prototype, 'encode');
  const normalize = vi.spyOn(String.prototype, 'normalize');
  onTestFinished(() => void vi.restoreAllMocks());
  for (const password of ['x'.repeat(MEBIBYTE), new Uint8Array(MEBIBYTE), 'ﷺ'.repeat(100 * MEBIBYTE)]) {
    expect(await service.verifyPassword('captain', password)).toBe(false);
    expect(await rejection(service.createUser('other', password))).toMatchObject({
      code: 'VALIDATION_RANGE',
    });
    expect(await service.verifyPassword(String(password), 'secret')).toBe(false);
  }
  expect(hasher.hashes + hasher.verifications).toBe(before);
  const lengths = [
    ...encode.mock.calls.map(([text = '']) => text.length),
    ...normalize.mock.contexts.map((text) => String(text).length),
  ];
  expect(Math.max(...lengths)).toBeLessThanOrEqual(1_024);
});

test('a character that NFKC makes eighteen of counts as eighteen', async () => {
  const { service } = new TrialAuth({ passwordForm: 'nfkc' });
  expect(await rejection(service.createUser('captain', 'ﷺ'.repeat(57)))).toMatchObject({
    code: 'VALIDATION_RANGE',
  });
});

test('arguments of a wrong type are a TypeError with a code, as a rejection', async () => {
  const { service } = new TrialAuth();
  const user = await service.createUser('captain', 'secret');
  for (const wrong of wrongTypes) {
    const calls = [
      () => service.createUser(wrong, 'secret'),
      () => service.createUser('other', wrong),
      () => service.verifyPassword(wrong, 'secret'),
      () => service.verifyPassword('captain', wrong),
      () => service.changePassword('captain', 'secret', wrong),
      () => service.changePassword('captain', wrong, 'other'),
      () => service.findUser(wrong),
      () => service.getUser(wrong),
      () => service.deleteUser(wrong),
      () => service.createApiKey(wrong),
      () => service.listApiKeys(wrong),
      () => service.rotateApiKey(wrong),
      () => service.revokeApiKey(wrong),
      () => service.decryptUserMetadata(wrong as never),
      () => service.decryptApiKeyMetadata(wrong as never),
      ...(wrong === undefined
        ? []
        : [
            () => service.createUserWithMetadata('other', 'secret', wrong),
            () => service.createApiKey(user.userId, wrong),
            () => service.createApiKeyWithMetadata(user.userId, 'label', wrong),
            () => service.decryptUserMetadata({ ...user, metadata: wrong as never }),
            () => service.createApiKey(user.userId, 'label', { scopes: [wrong] }),
          ]),
    ];
    for (const call of calls) {
      const error = await rejection(call());
      expect(error, `${String(call)} with ${typeof wrong}`).toMatchObject({ code: 'VALIDATION_TYPE' });
      expect(error).toBeInstanceOf(TypeError);
    }
  }
  expect(await service.listUsers()).toEqual([user]);
});

test('junk instead of a token is undefined, of whatever type and length, without a look at the store', async () => {
  const { service, engine } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const [, token] = await service.createApiKey(userId);
  engine.get = () => {
    throw new Error('expected no look at the store');
  };
  const near = [
    token.toUpperCase(),
    ` ${token}`,
    `${token}\n`,
    `${token}0`,
    token.slice(0, -1),
    token.replace('.', ','),
    token.replace('key-', 'usr-'),
    `${token.slice(0, -1)}g`,
    `${token.slice(0, -1)}\u0660`,
  ];
  for (const junk of [
    ...near,
    ...wrongTypes,
    'x'.repeat(MEBIBYTE),
    new Uint8Array(85) as unknown as string,
  ]) {
    expect(await service.authenticateApiKey(junk)).toBeUndefined();
  }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ maxLength: 100 }), fc.anything()), async (junk) => {
      expect(await service.authenticateApiKey(junk as string)).toBeUndefined();
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test('any text whatever is an answer or a coded error for every call', async () => {
  const { service } = new TrialAuth({ throttle: { freeAttempts: 1_000_000 } });
  const { userId } = await service.createUser('captain', 'secret');
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'binary', minLength: 250 }),
  );
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (first, second) => {
      expect(await service.verifyPassword(first, second)).toBe(false);
      const calls = [
        service.createUser(`${first}!`, second),
        service.createApiKey(userId, first, { scopes: [second] }),
        service.createApiKey(first),
        service.rotateApiKey(first),
      ];
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === 'rejected')
          expect(result.reason).toHaveProperty('code', expect.stringMatching(/^(AUTH|VALIDATION)_/));
      }
      expect(await service.revokeApiKey(first)).toBe(false);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('labels, scopes, deadlines and metadata have limits', async () => {
  const { service } = new TrialAuth();
  const { userId } = await service.createUser('captain', 'secret');
  const calls = [
    () => service.createApiKey(userId, 'x'.repeat(257)),
    () => service.createApiKey(userId, '', { scopes: [''] }),
    () => service.createApiKey(userId, '', { scopes: Array.from({ length: SCOPES_MAX + 1 }, String) }),
    () => service.createApiKey(userId, '', { expiresAt: -1 }),
    () => service.createApiKey(userId, '', { expiresAt: Number.NaN }),
    () => service.createApiKeyWithMetadata(userId, '', new Uint8Array(METADATA_BYTES_MAX + 1)),
    () => service.createUserWithMetadata('other', 'secret', new Uint8Array(METADATA_BYTES_MAX + 1)),
    () => service.rotateApiKey('key-0123456789abcdef', { overlapMs: 0.5 }),
  ];
  for (const call of calls)
    expect(await rejection(call()), String(call)).toMatchObject({ code: 'VALIDATION_RANGE' });
  const largest = new Uint8Array(METADATA_BYTES_MAX).fill(1);
  const user = await service.createUserWithMetadata('other', 'secret', largest);
  expect(Buffer.compare((await service.decryptUserMetadata(user))!, largest)).toBe(0);
});

test('options that are unknown or impossible are an error when the service is made', () => {
  const open = (options: unknown): AuthService =>
    new AuthService(
      new TenLineEngine(),
      new QuickHasher(),
      new AesGcmEncryptor(masterKey(7)),
      options as AuthOptions,
    );
  const types = [
    null,
    [],
    { clock: Date.now },
    { now: 5 },
    { passwordForm: 'nfc' },
    { throttle: 5 },
    { throttle: { max: 5 } },
  ];
  for (const options of types)
    expect(() => open(options)).toThrow(expect.objectContaining({ code: 'VALIDATION_TYPE' }));
  const ranges = [
    { throttle: { freeAttempts: 0 } },
    { throttle: { delayMs: 0.5 } },
    { throttle: { delayMs: 1_000, delayMsMax: 999 } },
    { throttle: { forgetAfterMs: 10 } },
    { lastUsedIntervalMs: -1 },
    { rotationOverlapMs: Number.POSITIVE_INFINITY },
  ];
  for (const options of ranges)
    expect(() => open(options)).toThrow(expect.objectContaining({ code: 'VALIDATION_RANGE' }));
});

test('parts that cannot do their work are an error when the service is made', () => {
  const encryptor = new AesGcmEncryptor(masterKey(7));
  const engine = new TenLineEngine();
  expect(() => new AuthService({} as AuthStore, new QuickHasher(), encryptor)).toThrow(TypeError);
  expect(() => new AuthService(engine, undefined as unknown as SecretHasher, encryptor)).toThrow(TypeError);
  expect(() => createArgon2AesGcmAuth(engine, new Uint8Array(16))).toThrow('encryption key must be 32 bytes');
});

test('a clock with fractions is taken in whole milliseconds, and one that tells no time is an error', async () => {
  let now = 1_800_000_000_000.75;
  const { service } = new TrialAuth({ now: () => now });
  const user = await service.createUser('captain', 'secret');
  expect(user.createdAt).toBe(1_800_000_000_000);
  expect(await service.verifyPassword('captain', 'wrong')).toBe(false);
  expect(await service.findUser('captain')).toMatchObject({ failedAttempts: 1 });
  now = Number.NaN;
  expect(await rejection(service.createUser('other', 'secret'))).toMatchObject({ code: 'VALIDATION_RANGE' });
});

test('times without end are times', async () => {
  const forever = Number.MAX_SAFE_INTEGER;
  const { service } = new TrialAuth({ throttle: { forgetAfterMs: forever }, rotationOverlapMs: forever });
  const { userId } = await service.createUser('captain', 'secret');
  expect(await service.verifyPassword('captain', 'wrong')).toBe(false);
  const [{ keyId }, token] = await service.createApiKey(userId, 'ci', { expiresAt: forever });
  await service.rotateApiKey(keyId);
  expect(await service.authenticateApiKey(token)).toMatchObject({ expiresAt: forever });
});

test('a random source that gives too little makes no user and no service', () => {
  expect(() => new TrialAuth({ randomBytes: () => new Uint8Array(3) })).toThrow(TypeError);
});
