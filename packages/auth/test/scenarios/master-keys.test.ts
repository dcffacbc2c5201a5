/**
 * Proves that metadata opens only in the record it was written for, unchanged, and under a master key that is known;
 * and that a master key can be replaced while the service is in use, after which the old one opens nothing.
 */

import { AesGcmEncryptor, XChaCha20Poly1305Encryptor, type EnvelopeEncryptor } from '@htkv/crypto';
import { SingleNodeEngine } from '@htkv/engine';
import { AuthService, type MasterKeys, type UserRecord } from '@htkv/auth';
import { describe, expect, test } from 'vitest';

import { DelayedLog } from '../delayed-log.ts';
import { freshDirectory } from '../fresh-directory.ts';
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

test('rewrapping undoes nothing that happens meanwhile, however late its writes arrive', async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const log = new DelayedLog(engine);
  const open = (keys: MasterKeys): AuthService =>
    new AuthService(log.member(), new QuickHasher(), new AesGcmEncryptor(keys));
  const [before, both] = [open({ writing: OLD }), open({ writing: NEW, reading: [OLD] })];
  const users: UserRecord[] = [];
  for (let index = 0; index < 20; index += 1) {
    users.push(await before.createUserWithMetadata(`user ${index}`, 'old', `notes ${index}`));
  }
  const changeAll = async (): Promise<void> => {
    for (const { username } of users.slice(0, 19)) await before.changePassword(username, 'old', 'new');
  };
  const [report] = await Promise.all([
    both.rewrapMetadata(),
    changeAll(),
    before.deleteUser(users[19]!.userId),
  ]);
  expect(log.conflicts).toBeGreaterThan(0);
  expect(report.rewrapped).toBeGreaterThanOrEqual(20);
  for (const { username } of users.slice(0, 19)) {
    expect(await both.verifyPassword(username, 'new')).toBe(true);
    const user = await both.findUser(username);
    expect(text(await both.decryptUserMetadata(user!))).toBe(username.replace('user', 'notes'));
  }
  expect(await both.findUser('user 19')).toBeUndefined();
});

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
