/**
 * Proves that an envelope commits to its key, by an attack that works on AES-GCM alone: one ciphertext with one tag is
 * computed that opens under two data keys, and put into two envelopes that differ in the wrapped data key only. The
 * first is a proper envelope; the second must not decrypt.
 */

import { createCipheriv, createSecretKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { TAG_BYTES } from '../src/aead.ts';
import { aesGcm } from '../src/aes-gcm.ts';
import { associatedDataOf } from '../src/encryption-context.ts';
import { encodeEnvelope } from '../src/envelope-format.ts';
import { AesGcmEncryptor, masterKeyId } from '../src/index.ts';
import { deriveBytes } from '../src/key-derivation.ts';
import { fromHex } from './read-vectors.ts';

const masterKey = new Uint8Array(32).fill(1);
const context = { record: 'r', field: 'f' };
const associatedData = associatedDataOf(1, aesGcm.code, context);

interface Keys {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly commitment: Uint8Array;
}

function keysOf(source: Uint8Array, purpose: string, salt?: Uint8Array): Keys {
  const all = deriveBytes(createSecretKey(source), `envelope/1/${purpose}/aes-256-gcm`, 76, salt);
  return { key: all.subarray(0, 32), nonce: all.subarray(32, 44), commitment: all.subarray(44) };
}

function envelopeOf(dataKey: Uint8Array, commitment: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const salt = new Uint8Array(32).fill(9);
  const { key, nonce } = keysOf(masterKey, 'wrap', salt);
  const wrappedKey = aesGcm.seal(key, nonce, dataKey, associatedData);
  return encodeEnvelope(1, {
    keyId: fromHex(masterKeyId(masterKey)),
    salt,
    wrappedKey,
    commitment,
    ciphertext,
  });
}

// The field of GHASH: bits in reverse order, reduced by x^128 + x^7 + x^2 + x + 1 (NIST SP 800-38D section 6.3).

function multiply(x: bigint, y: bigint): bigint {
  let [product, factor] = [0n, y];
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if (((x >> bit) & 1n) === 1n) product ^= factor;
    factor = (factor & 1n) === 1n ? (factor >> 1n) ^ (0xe1n << 120n) : factor >> 1n;
  }
  return product;
}

/** By Fermat: x to the power of 2^128 - 2. */
function invert(x: bigint): bigint {
  let [result, square] = [1n << 127n, x];
  for (let step = 1; step < 128; step += 1) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBlock = (number: bigint): Uint8Array => fromHex(number.toString(16).padStart(32, '0'));

function encryptBlock(key: Uint8Array, block: Uint8Array): bigint {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return toNumber(cipher.update(block));
}

/** A block of ciphertext and a tag that are right under both keys. */
function collide(keys: readonly [Keys, Keys]): Uint8Array {
  const padded = new Uint8Array(16);
  padded.set(associatedData);
  const lengths = (BigInt(associatedData.length * 8) << 64n) | 128n;
  const parts = keys.map(({ key, nonce }) => {
    const hash = encryptBlock(key, new Uint8Array(16));
    const square = multiply(hash, hash);
    const mask = encryptBlock(key, Uint8Array.of(...nonce, 0, 0, 0, 1));
    const fixed = multiply(toNumber(padded), multiply(square, hash)) ^ multiply(lengths, hash) ^ mask;
    return { square, fixed };
  }) as [{ square: bigint; fixed: bigint }, { square: bigint; fixed: bigint }];
  const block = multiply(parts[0].fixed ^ parts[1].fixed, invert(parts[0].square ^ parts[1].square));
  const tag = parts[0].fixed ^ multiply(block, parts[0].square);
  return Uint8Array.of(...toBlock(block), ...toBlock(tag));
}

test('a ciphertext that opens under two keys is refused under the second', () => {
  const dataKeys = [2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
  const keys = dataKeys.map((each) => keysOf(each, 'data')) as [Keys, Keys];
  const ciphertext = collide(keys);
  expect(ciphertext.byteLength).toBe(16 + TAG_BYTES);
  const [one, two] = keys.map(({ key, nonce }) => aesGcm.open(key, nonce, ciphertext, associatedData));
  expect(one).toBeDefined();
  expect(two).toBeDefined();
  expect(one).not.toEqual(two);

  const encryptor = new AesGcmEncryptor(masterKey);
  const proper = envelopeOf(dataKeys[0], keys[0].commitment, ciphertext);
  const forged = envelopeOf(dataKeys[1], keys[0].commitment, ciphertext);
  expect(encryptor.decrypt(proper, context)).toEqual(one);
  expect(() => encryptor.decrypt(forged, context)).toThrow(
    expect.objectContaining({ code: 'CRYPTO_DECRYPT_FAILED' }),
  );
});
