/**
 * Proves that a secret is taken whole or not at all, and that a refusal says nothing about it.
 */

import { errorCode } from '@htkv/base';
import { expect, test } from 'vitest';
import { SECRET_BYTES_MAX } from '../src/index.ts';
import { secretBytes } from '../src/secret-bytes.ts';

test('a string means its UTF-8 bytes, as they are: no normalisation, no trimming', () => {
  expect(secretBytes(' é\u0301\0 ')).toEqual(new TextEncoder().encode(' é\u0301\0 '));
  expect(secretBytes('')).toEqual(new Uint8Array());
});

test('bytes are copied', () => {
  const given = Uint8Array.of(1, 2, 3);
  const taken = secretBytes(given.subarray(1));
  given.fill(0);
  expect(taken).toEqual(Uint8Array.of(2, 3));
});

test('the longest secret is taken, and one byte more is refused', () => {
  const longest = 'a'.repeat(SECRET_BYTES_MAX);
  expect(secretBytes(longest).byteLength).toBe(SECRET_BYTES_MAX);
  for (const secret of [
    `${longest}a`,
    'é'.repeat(SECRET_BYTES_MAX / 2 + 1),
    new Uint8Array(2 ** 20),
    '\udc00',
  ]) {
    let thrown: unknown;
    try {
      secretBytes(secret);
    } catch (error) {
      thrown = error;
    }
    expect(errorCode(thrown)).toBe('CRYPTO_SECRET_REFUSED');
    expect(String(thrown)).not.toMatch(/aa|éé|4097|1048576|2049/);
  }
});
