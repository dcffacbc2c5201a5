/**
 * Proves that scrypt works at the bound of its memory, by the vector of RFC 7914 that fills one GiB.
 */

import { expect, test } from 'vitest';
import { ScryptSecretHasher } from '../src/index.ts';
import { readScryptVector } from './scrypt-vector.ts';

test('the hash of RFC 7914 that fills one GiB is checked', async () => {
  const { password, hash } = readScryptVector(20);
  expect(await new ScryptSecretHasher().verify(password, hash)).toBe(true);
});
