/**
 * Proves that the derivation is the HKDF of RFC 5869, by its test cases, and that purposes are kept apart.
 */

import { createSecretKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveBytes, hkdfSha256 } from '../src/key-derivation.ts';
import { fromHex, readVectors } from './read-vectors.ts';

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly salt: string;
  readonly info: string;
  readonly output: string;
}

test.for((readVectors('hkdf-sha-256') as { vectors: Vector[] }).vectors)(
  'case $name of the RFC',
  (vector) => {
    const key = createSecretKey(fromHex(vector.key));
    const output = hkdfSha256(key, fromHex(vector.salt), fromHex(vector.info), vector.output.length / 2);
    expect(Buffer.from(output).toString('hex')).toBe(vector.output);
  },
);

test('another purpose, salt or key gives other bytes', () => {
  const [left, right] = [createSecretKey(new Uint8Array(32)), createSecretKey(new Uint8Array(32).fill(1))];
  const all = [
    deriveBytes(left, 'a', 32),
    deriveBytes(left, 'b', 32),
    deriveBytes(left, 'a', 32, Uint8Array.of(1)),
    deriveBytes(right, 'a', 32),
  ].map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(new Set(all).size).toBe(4);
});
