/**
 * Proves that scrypt gives the result of RFC 7914 and that its hasher keeps its policy. The costs of the tests are the
 * least there are.
 */

import { expect, test } from 'vitest';
import { decodeScrypt, encodeScrypt } from '../src/scrypt-parameters.ts';
import { ScryptSecretHasher } from '../src/index.ts';
import { readScryptVector } from './scrypt-vector.ts';

test('the hash of RFC 7914 is checked', async () => {
  const { password, hash } = readScryptVector(14);
  const hasher = new ScryptSecretHasher();
  expect(await hasher.verify(password, hash)).toBe(true);
  expect(await hasher.verify(`${password}!`, hash)).toBe(false);
  expect(hasher.needsRehash(hash)).toBe(true);
  expect(encodeScrypt(decodeScrypt(hash))).toBe(hash);
});

test('a hash is a PHC string, and its pepper stands in it', async () => {
  const pepper = new Uint8Array(32).fill(1);
  const hasher = new ScryptSecretHasher({ costLog2: 14, pepper });
  const hash = await hasher.hash('secret');
  expect(hash).toMatch(
    /^\$scrypt\$ln=14,r=8,p=5,keyid=[A-Za-z0-9+/]{11}\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
  expect(await hasher.verify('secret', hash)).toBe(true);
  expect(hasher.needsRehash(hash)).toBe(false);
  expect(new ScryptSecretHasher({ costLog2: 14 }).needsRehash(hash)).toBe(true);
  expect(new ScryptSecretHasher({ costLog2: 15, pepper }).needsRehash(hash)).toBe(true);
  await expect(new ScryptSecretHasher().verify('secret', hash)).rejects.toMatchObject({
    code: 'CRYPTO_KEY_UNKNOWN',
  });
});

test('costs below the floor and above the bounds are refused', () => {
  for (const options of [
    { costLog2: 12 },
    { costLog2: 16, parallelization: 1 },
    { costLog2: 15, parallelization: 2 },
    { costLog2: 14, parallelization: 4 },
    { costLog2: 13, parallelization: 9 },
    { blockSize: 7 },
    { costLog2: 21 },
    { costLog2: 20, blockSize: 9 },
    { costLog2: 17, parallelization: 17 },
  ]) {
    expect(() => new ScryptSecretHasher(options)).toThrow(RangeError);
  }
  expect(() => new ScryptSecretHasher({ N: 2 ** 17 } as never)).toThrow(TypeError);
  expect(new ScryptSecretHasher({ costLog2: 20, blockSize: 8, parallelization: 2 })).toBeDefined();
});
