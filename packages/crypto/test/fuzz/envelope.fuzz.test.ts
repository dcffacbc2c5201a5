/**
 * Proves that arbitrary bytes are never decrypted and never give anything but a coded error: random ones, ones with
 * the beginning of an envelope, and real envelopes with pieces changed, cut and repeated. Read from the middle of a
 * larger array, where reading too far would go unnoticed.
 */

import { errorCode } from '@htkv/base';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AesGcmEncryptor, type EnvelopeEncryptor, XChaCha20Poly1305Encryptor } from '../../src/index.ts';
import { SEED } from '../read-vectors.ts';

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

for (const encryptor of [new AesGcmEncryptor(key), new XChaCha20Poly1305Encryptor(key)]) {
  const { name } = encryptor.constructor;
  const real = encryptor.encrypt(new Uint8Array(50).fill(1), context);

  test(`${name}: arbitrary bytes`, () => {
    const start = fc.constantFrom([], [1], [...real.subarray(0, 2)], [...real.subarray(0, 10)]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300, size: 'max' }), (head, tail) => {
        expect(codes).toContain(verdict(encryptor, Uint8Array.from([...head, ...tail])));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  test(`${name}: changed envelopes`, () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = [...real];
        for (const { at, bytes: piece, cut } of changes) bytes.splice(at % (bytes.length + 1), cut, ...piece);
        const isSame = Buffer.from(bytes).equals(real);
        expect(verdict(encryptor, Uint8Array.from(bytes))).toSatisfy((code) =>
          isSame ? code === undefined : codes.includes(String(code)),
        );
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
}
