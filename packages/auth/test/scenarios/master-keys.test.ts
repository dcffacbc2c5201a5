/**
 * Proves that metadata opens only in the record it was written for, unchanged, and under a master key that is known;
 * and that a master key can be replaced while the service is in use, after which the old one opens nothing.
 */

import { AesGcmEncryptor, XChaCha20Poly1305Encryptor, type EnvelopeEncryptor } from '@htkv/crypto';
import { AuthService, type AuthStore, type MasterKeys } from '@htkv/auth';
import { describe, expect, test } from 'vitest';

import { QuickHasher } from '../quick-hasher.ts';
import { rejection } from '../rejection.ts';
import { masterKey, TrialAuth } from '../trial-auth.ts';

const OLD = masterKey(1);
const NEW = masterKey(2);
const coded = { code: expect.stringMatching(/^CRYPTO_/) };

interface Cipher {
  readonly name: string;
  readonly encryptor: (keys: Uint8Array | MasterKeys) => EnvelopeEncryptor;
}

const ciphers: readonly Cipher[] = [
  { name: 'AES-256-GCM', encryptor: (keys) => new AesGcmEncryptor(keys) },
  { name: 'XChaCha20-Poly1305', encryptor: (keys) => new XChaCha20Poly1305Encryptor(keys) },
];

describe.for(ciphers)('with $name', ({ encryptor }) => {
  test('metadata of one record does not open in another', async () => {
    const { service } = new TrialAuth({}, encryptor(OLD));
    const ada = await service.createUserWithMetadata('ada', 'secret', 'first');
    const grace = await service.createUserWithMetadata('grace', 'secret', 'second');
    const [one] = await service.createApiKeyWithMetadata(ada.userId, 'one', 'third');
    const [two] = await service.createApiKeyWithMetadata(ada.userId, 'two', 'fourth');
    const swaps = [
      service.decryptUserMetadata({ ...ada, metadata: grace.metadata }),
      service.decryptUserMetadata({ ...grace, metadata: ada.metadata }),
      service.decryptUserMetadata({ ...ada, metadata: one.metadata }),
      service.decryptApiKeyMetadata({ ...one, metadata: two.metadata }),
      service.decryptApiKeyMetadata({ ...one, metadata: ada.metadata }),
    ];
    for (const swap of swaps) expect(await rejection(swap)).toMatchObject(coded);
  });

  test('no bit of an envelope can be flipped, and no byte left out', async () => {
    const { service } = new TrialAuth({}, encryptor(OLD));
    const user = await service.createUserWithMetadata('ada', 'secret', 'notes');
    const metadata = user.metadata!;
    for (let bit = 0; bit < metadata.length * 8; bit += 1) {
      const flipped = Uint8Array.from(metadata);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const error = await rejection(service.decryptUserMetadata({ ...user, metadata: flipped }));
      expect(error, `bit ${bit}`).toMatchObject(coded);
    }
    for (let length = 0; length < metadata.length; length += 1) {
      const cut = metadata.subarray(0, length);
      expect(await rejection(service.decryptUserMetadata({ ...user, metadata: cut }))).toMatchObject(coded);
    }
  });

  test('a master key is replaced: both read for a while, then the new one alone', async () => {
    const trial = new TrialAuth({}, encryptor(OLD));
    const open = (keys: Uint8Array | MasterKeys): AuthService =>
      new AuthService(trial.engine, new QuickHasher(), encryptor(keys), { now: () => trial.now });
    const ada = await trial.service.createUserWithMetadata('ada', 'secret', 'first');
    await trial.service.createUser('bare', 'secret');
    const [key, token] = await trial.service.createApiKeyWithMetadata(ada.userId, 'ci', 'second');

    const both = open({ writing: NEW, reading: [OLD] });
    const grace = await both.createUserWithMetadata('grace', 'secret', 'third');
    expect(text(await both.decryptUserMetadata(ada))).toBe('first');
    const early = open(NEW);
    expect(await rejection(early.verifyPassword('ada', 'secret'))).toMatchObject({
      code: 'CRYPTO_KEY_UNKNOWN',
    });
    expect(await rejection(early.authenticateApiKey(token))).toMatchObject({ code: 'CRYPTO_KEY_UNKNOWN' });

    // The secret, three users and a key; of these the secret, ada and the key lie under the old master key.
    expect(await both.rewrapMetadata()).toEqual({ examined: 5, rewrapped: 3 });
    expect(await both.rewrapMetadata()).toEqual({ examined: 5, rewrapped: 0 });

    const after = open(NEW);
    expect(text(await after.decryptUserMetadata((await after.findUser('ada'))!))).toBe('first');
    expect(text(await after.decryptUserMetadata((await after.getUser(grace.userId))!))).toBe('third');
    expect(text(await after.decryptApiKeyMetadata((await after.listApiKeys(ada.userId))[0]!))).toBe('second');
    expect(await after.authenticateApiKey(token)).toMatchObject({ keyId: key.keyId });
    expect(await after.verifyPassword('ada', 'secret')).toBe(true);

    const old = open(OLD);
    const rewrapped = (await after.findUser('ada'))!;
    expect(await rejection(old.decryptUserMetadata(rewrapped))).toMatchObject({ code: 'CRYPTO_KEY_UNKNOWN' });
    expect(await rejection(old.authenticateApiKey(token))).toMatchObject({ code: 'CRYPTO_KEY_UNKNOWN' });
  });
});

test('rewrapping undoes nothing that happens between its look at a record and its write', async () => {
  const trial = new TrialAuth({}, new AesGcmEncryptor(OLD));
  const { engine, service } = trial;
  for (const name of ['ada', 'grace', 'goner'])
    await service.createUserWithMetadata(name, 'old', `notes on ${name}`);
  const meddledWith = new Set<string>();
  // Before the first write to the record of a user, that user's password is changed, or the user is deleted.
  const submitBatch: AuthStore['submitBatch'] = async (commands) => {
    const key = Buffer.from(commands[0]!.key as Uint8Array).toString();
    const user = await service.getUser(key.slice('auth/user/'.length));
    if (user !== undefined && !meddledWith.has(key)) {
      meddledWith.add(key);
      if (user.username === 'goner') await service.deleteUser(user.userId);
      else expect(await service.changePassword(user.username, 'old', 'new')).toBe(true);
    }
    return engine.submitBatch(commands);
  };
  const store: AuthStore = {
    get: (key) => engine.get(key),
    getEntry: (key) => engine.getEntry(key),
    getPrefix: (prefix) => engine.getPrefix(prefix),
    submitBatch,
  };
  const both = new AuthService(
    store,
    new QuickHasher(),
    new AesGcmEncryptor({ writing: NEW, reading: [OLD] }),
  );
  expect(await both.rewrapMetadata()).toEqual({ examined: 4, rewrapped: 3 });
  expect(meddledWith.size).toBe(3);
  for (const name of ['ada', 'grace']) {
    expect(await both.verifyPassword(name, 'new')).toBe(true);
    expect(text(await both.decryptUserMetadata((await both.findUser(name))!))).toBe(`notes on ${name}`);
  }
  expect(await both.findUser('goner')).toBeUndefined();
  expect(trial.keys().filter((key) => key.startsWith('auth/user/'))).toHaveLength(2);
});

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
