/**
 * Proves that a stored hash is believed only within its form and its bounds, before any work: the cases of
 * `hash-negative.json`, each with the code it must give, and none with a word of the hash in its message.
 */

import { expect, test } from 'vitest';
import { Argon2SecretHasher, BcryptSecretHasher, ScryptSecretHasher } from '../src/index.ts';
import { readVectors } from './read-vectors.ts';

interface NegativeCase {
  readonly hasher: 'argon2id' | 'scrypt' | 'bcrypt';
  readonly name: string;
  readonly code: string;
  readonly hash: string;
}

const hashers = {
  argon2id: new Argon2SecretHasher(),
  scrypt: new ScryptSecretHasher(),
  bcrypt: new BcryptSecretHasher(),
};

test.for((readVectors('hash-negative') as { cases: NegativeCase[] }).cases)(
  '$hasher refuses $name',
  async ({ hasher, code, hash }) => {
    const error = await hashers[hasher].verify('password', hash).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    const message = String(error);
    expect(message).not.toContain('c29tZXNhbHQ');
    expect(message).not.toContain('nf65EOgLrQMR');
    expect(message).not.toContain('YPO9kmyuRGyh');
    expect(message.length).toBeLessThan(200);
    expect(hashers[hasher].needsRehash(hash)).toBe(true);
  },
);

test.for(Object.entries(hashers))('%s tells the wrong kind of argument apart', async ([, hasher]) => {
  const wrong = (value: unknown): never => value as never;
  const typeError = { code: 'VALIDATION_TYPE' };
  for (const value of [undefined, null, 1, {}, ['a']]) {
    await expect(hasher.hash(wrong(value))).rejects.toMatchObject(typeError);
    await expect(hasher.verify('password', wrong(value))).rejects.toMatchObject(typeError);
    expect(hasher.needsRehash(wrong(value))).toBe(true);
  }
});
