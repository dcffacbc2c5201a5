/**
 * Properties of decryption: bytes that are no envelope give a coded error and nothing else, and are left as they were.
 * They are read from the middle of a larger array, where reading too far would go unnoticed.
 */

import { errorCode } from '@htkv/base';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { AesGcmEncryptor, type EnvelopeEncryptor, XChaCha20Poly1305Encryptor } from '../../src/index.ts';

const key = new Uint8Array(32).fill(7);
const context = { record: 'r', field: 'f' };
const codes = ['CRYPTO_ENVELOPE_MALFORMED', 'CRYPTO_KEY_UNKNOWN', 'CRYPTO_DECRYPT_FAILED'];

function verdict(encryptor: EnvelopeEncryptor, bytes: Uint8Array): string | undefined {
  const around = new Uint8Array(bytes.length + 64).fill(0xa5);
  around.set(bytes, 32);
  const within = around.subarray(32, 32 + bytes.length);
  try {
    encryptor.keyId(within);
    encryptor.needsRewrap(within);
    encryptor.decrypt(within, context);
    return undefined;
  } catch (error) {
    return errorCode(error) ?? String(error);
  } finally {
    expect(within).toEqual(bytes);
  }
}

const change = fc.record({
  at: fc.nat(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  cut: fc.nat(40),
});

export const encryptors: readonly EnvelopeEncryptor[] = [
  new AesGcmEncryptor(key),
  new XChaCha20Poly1305Encryptor(key),
];

/** Random bytes, some of which begin as an envelope does. */
export function checkAnyBytes(encryptor: EnvelopeEncryptor, seed: number, numRuns: number): void {
  const real = encryptor.encrypt(new Uint8Array(50), context);
  const start = fc.constantFrom([], [1], [...real.subarray(0, 2)], [...real.subarray(0, 10)]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300, size: 'max' }), (head, tail) => {
      expect(codes).toContain(verdict(encryptor, Uint8Array.from([...head, ...tail])));
    }),
    { seed, numRuns },
  );
}

/** Real envelopes with pieces changed, cut out and put in. */
export function checkChangedEnvelopes(encryptor: EnvelopeEncryptor, seed: number, numRuns: number): void {
  const real = encryptor.encrypt(new Uint8Array(50).fill(1), context);
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = [...real];
      for (const { at, bytes: piece, cut } of changes) bytes.splice(at % (bytes.length + 1), cut, ...piece);
      const isSame = Buffer.from(bytes).equals(real);
      expect(verdict(encryptor, Uint8Array.from(bytes))).toSatisfy((code) =>
        isSame ? code === undefined : codes.includes(String(code)),
      );
    }),
    { seed, numRuns },
  );
}
