/**
 * Proves that bcrypt gives the published results and never cuts, folds or loses a byte of a secret.
 */

import { expect, test } from 'vitest';
import { BcryptSecretHasher } from '../src/index.ts';
import { readVectors } from './read-vectors.ts';

const { hashes } = readVectors('bcrypt') as { hashes: { password: string; hash: string }[] };
const hasher = new BcryptSecretHasher({ cost: 10 });

test.for(hashes)('the hash $hash is checked, under each prefix', async ({ password, hash }) => {
  for (const prefix of ['$2a$', '$2b$', '$2y$']) {
    expect(await hasher.verify(password, hash.replace('$2a$', prefix))).toBe(true);
  }
  expect(await hasher.verify(`${password}x`, hash)).toBe(false);
  expect(hasher.needsRehash(hash)).toBe(true);
});

test('a hash has 60 characters and the cost of the policy, and its last byte counts', async () => {
  const secret = 'é'.repeat(36);
  const hash = await hasher.hash(secret);
  expect(hash).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
  expect(await hasher.verify(new TextEncoder().encode(secret), hash)).toBe(true);
  expect(await hasher.verify(`${secret.slice(0, 35)}è`, hash)).toBe(false);
  expect([hasher.needsRehash(hash), new BcryptSecretHasher().needsRehash(hash)]).toEqual([false, true]);
});

test('what bcrypt cannot hash whole is refused, by hash and by verify alike', async () => {
  const refused = { code: 'CRYPTO_SECRET_REFUSED' };
  for (const secret of [
    'a'.repeat(73),
    'é'.repeat(37),
    'a\0',
    'a\0a',
    '\ud800',
    new Uint8Array(73).fill(97),
    Uint8Array.of(97, 0),
    Uint8Array.of(0xff),
    Uint8Array.of(0xc3),
    'a'.repeat(2 ** 20),
  ]) {
    await expect(hasher.hash(secret)).rejects.toMatchObject(refused);
    await expect(hasher.verify(secret, hashes[0]!.hash)).rejects.toMatchObject(refused);
  }
});

test('a byte order mark is part of the secret', async () => {
  const [{ password, hash }] = hashes as [{ password: string; hash: string }];
  const bytes = new TextEncoder().encode(password);
  expect(await hasher.verify(bytes, hash)).toBe(true);
  expect(await hasher.verify(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes), hash)).toBe(false);
});

test('costs below the floor and above the bounds are refused', () => {
  for (const cost of [9, 16, 31, 10.5]) expect(() => new BcryptSecretHasher({ cost })).toThrow(RangeError);
  expect(() => new BcryptSecretHasher({ rounds: 12 } as never)).toThrow(TypeError);
});
