/**
 * Proves that old hashes of another algorithm are checked and asked to be made anew, and new ones are of the current
 * kind.
 */

import { expect, test } from 'vitest';
import {
  Argon2SecretHasher,
  BcryptSecretHasher,
  MigratingSecretHasher,
  ScryptSecretHasher,
} from '../src/index.ts';

const bcryptHash = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

test('from bcrypt to Argon2id, one login at a time', async () => {
  const hasher = new MigratingSecretHasher(
    new Argon2SecretHasher(),
    new ScryptSecretHasher(),
    new BcryptSecretHasher(),
  );
  expect(await hasher.verify('U*U', bcryptHash)).toBe(true);
  expect(await hasher.verify('U*V', bcryptHash)).toBe(false);
  expect(hasher.needsRehash(bcryptHash)).toBe(true);
  const hash = await hasher.hash('U*U');
  expect(hash).toMatch(/^\$argon2id\$/);
  expect(hasher.needsRehash(hash)).toBe(false);
  expect(await hasher.verify('U*U', hash)).toBe(true);
  expect([hash, bcryptHash, '$scrypt$', '$argon2i$', ''].map((each) => hasher.recognizes(each))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  for (const other of ['', 'plain', '$pbkdf2$', undefined]) {
    await expect(hasher.verify('U*U', other as string)).rejects.toMatchObject({
      code: other === undefined ? 'VALIDATION_TYPE' : 'CRYPTO_HASH_MALFORMED',
    });
  }
  expect(() => new MigratingSecretHasher(new Argon2SecretHasher())).toThrow(RangeError);
});
