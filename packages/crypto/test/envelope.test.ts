/**
 * Proves what envelopes promise, for both algorithms: they decrypt at their own place under a known key and nowhere
 * else, every change of every bit is noticed, keys rotate without the data being touched, and envelopes that were
 * written once stay readable. A second implementation, made of other building blocks after the page, agrees.
 */

import { inspect } from 'node:util';
import { gcm } from '@noble/ciphers/aes.js';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';
import {
  AesGcmEncryptor,
  ENVELOPE_OVERHEAD_BYTES,
  masterKeyId,
  XChaCha20Poly1305Encryptor,
} from '../src/index.ts';
import { fromHex, readVectors } from './read-vectors.ts';

const [first, second, third] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const context = { record: 'auth/user/1', field: 'metadata' };
const plaintext = utf8('the quick brown fox');

const failed = expect.objectContaining({ code: 'CRYPTO_DECRYPT_FAILED' });
const unknown = expect.objectContaining({ code: 'CRYPTO_KEY_UNKNOWN' });
const malformed = expect.objectContaining({ code: 'CRYPTO_ENVELOPE_MALFORMED' });

describe.each([
  ['aes-256-gcm', AesGcmEncryptor, gcm],
  ['xchacha20-poly1305', XChaCha20Poly1305Encryptor, xchacha20poly1305],
] as const)('%s', (name, Encryptor, aead) => {
  const encryptor = new Encryptor(first);
  const envelope = encryptor.encrypt(plaintext, context);

  test('an envelope decrypts to what it was made of, and no two are alike', () => {
    for (const bytes of [0, 1, 15, 16, 17, 4096, 100_000]) {
      const text = new Uint8Array(bytes).fill(bytes);
      const [one, two] = [encryptor.encrypt(text, context), encryptor.encrypt(text, context)];
      expect(one.byteLength).toBe(bytes + ENVELOPE_OVERHEAD_BYTES);
      expect(one).not.toEqual(two);
      expect(encryptor.decrypt(one, context)).toEqual(text);
    }
  });

  test('in another record or field it does not decrypt, nor where the border between the names is moved', () => {
    for (const other of [
      { record: 'auth/user/2', field: 'metadata' },
      { record: 'auth/user/1', field: 'metadatb' },
      { record: 'auth/user/1m', field: 'etadata' },
      { record: '', field: '' },
    ]) {
      expect(() => encryptor.decrypt(envelope, other)).toThrow(failed);
      expect(() => encryptor.rewrap(envelope, other)).toThrow(failed);
    }
  });

  test('every flipped bit is a coded error', () => {
    for (let bit = 0; bit < envelope.byteLength * 8; bit += 1) {
      const changed = Uint8Array.from(envelope);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const expected = bit < 16 ? malformed : bit < 80 ? unknown : failed;
      expect(() => encryptor.decrypt(changed, context), `bit ${bit}`).toThrow(expected);
      // Everything but the ciphertext is checked when the key is wrapped anew.
      if (bit < 122 * 8) expect(() => encryptor.rewrap(changed, context), `bit ${bit}`).toThrow(expected);
    }
  });

  test('every truncation, and every extension, is a coded error', () => {
    for (let length = 0; length < envelope.byteLength; length += 1) {
      const expected = length < ENVELOPE_OVERHEAD_BYTES ? malformed : failed;
      expect(() => encryptor.decrypt(envelope.subarray(0, length), context)).toThrow(expected);
    }
    expect(() => encryptor.decrypt(Uint8Array.from([...envelope, 0]), context)).toThrow(failed);
  });

  test('parts of two envelopes do not fit together, though key and place are the same', () => {
    const other = encryptor.encrypt(plaintext, context);
    for (const [from, to] of [
      [10, 42],
      [10, 90],
      [42, 90],
      [90, 122],
      [122, envelope.byteLength],
    ] as const) {
      const mixed = Uint8Array.from(envelope);
      mixed.set(other.subarray(from, to), from);
      expect(() => encryptor.decrypt(mixed, context)).toThrow(failed);
    }
  });

  test('keys rotate: several read, one writes, and what is wrapped anew has the same ciphertext', () => {
    const both = new Encryptor({ writing: second, reading: [first, third] });
    expect(both.decrypt(envelope, context)).toEqual(plaintext);
    expect([encryptor.needsRewrap(envelope), both.needsRewrap(envelope)]).toEqual([false, true]);
    const moved = both.rewrap(envelope, context);
    expect([both.keyId(envelope), both.keyId(moved)]).toEqual([masterKeyId(first), masterKeyId(second)]);
    expect(both.needsRewrap(moved)).toBe(false);
    expect(moved.subarray(90)).toEqual(envelope.subarray(90));
    expect(moved.subarray(0, 90)).not.toEqual(envelope.subarray(0, 90));
    expect(new Encryptor(second).decrypt(moved, context)).toEqual(plaintext);
    expect(() => encryptor.decrypt(moved, context)).toThrow(unknown);
    expect(() => new Encryptor(second).decrypt(envelope, context)).toThrow(unknown);
    expect(both.keyId(both.encrypt(plaintext, context))).toBe(masterKeyId(second));

    const anew = both.encrypt(both.decrypt(envelope, context), context);
    expect(anew.subarray(90)).not.toEqual(envelope.subarray(90));
    expect(new Encryptor(second).decrypt(anew, context)).toEqual(plaintext);
  });

  test('an envelope of the other algorithm is refused as malformed', () => {
    const Other = name === 'aes-256-gcm' ? XChaCha20Poly1305Encryptor : AesGcmEncryptor;
    expect(() => new Other(first).decrypt(envelope, context)).toThrow(malformed);
    const relabelled = Uint8Array.from(envelope);
    relabelled[1] = 3 - relabelled[1]!;
    expect(() => new Other(first).decrypt(relabelled, context)).toThrow(failed);
  });

  test('a second implementation, after the page alone, reads the envelope', () => {
    const derive = (key: Uint8Array, salt: Uint8Array, info: string, bytes: number): Uint8Array =>
      hkdf(sha256, key, salt, utf8(`htkv/${info}`), bytes);
    const none = new Uint8Array();
    const nonceBytes = name === 'aes-256-gcm' ? 12 : 24;
    const code = name === 'aes-256-gcm' ? 1 : 2;
    const names = [context.record, context.field].map((text) => utf8(text));
    const associatedData = Uint8Array.from([1, code, ...names.flatMap((each) => [0, each.length, ...each])]);

    expect(envelope.subarray(0, 2)).toEqual(Uint8Array.of(1, code));
    expect(envelope.subarray(2, 10)).toEqual(derive(first, none, 'master-key/1/id', 8));
    const wrap = derive(first, envelope.subarray(10, 42), `envelope/1/wrap/${name}`, 64 + nonceBytes);
    const wrapNonce = wrap.subarray(32, 32 + nonceBytes);
    const dataKey = aead(wrap.subarray(0, 32), wrapNonce, associatedData).decrypt(envelope.subarray(42, 90));
    const data = derive(dataKey, none, `envelope/1/data/${name}`, 64 + nonceBytes);
    expect(envelope.subarray(90, 122)).toEqual(data.subarray(32 + nonceBytes));
    const dataNonce = data.subarray(32, 32 + nonceBytes);
    const opened = aead(data.subarray(0, 32), dataNonce, associatedData).decrypt(envelope.subarray(122));
    expect(opened).toEqual(plaintext);
  });

  test('an envelope that was written by the first version decrypts', () => {
    const golden = (readVectors('envelopes') as Record<string, string>)[name]!;
    expect(encryptor.decrypt(fromHex(golden), context)).toEqual(plaintext);
  });

  test('a key of another length is refused with the words of old', () => {
    const invalid = expect.objectContaining({
      code: 'CRYPTO_KEY_INVALID',
      message: 'encryption key must be 32 bytes',
    });
    for (const bytes of [0, 16, 31, 33, 64]) {
      expect(() => new Encryptor(new Uint8Array(bytes))).toThrow(invalid);
      expect(() => new Encryptor({ writing: first, reading: [new Uint8Array(bytes)] })).toThrow(invalid);
    }
    expect(() => masterKeyId(new Uint8Array(31))).toThrow(invalid);
  });

  test('arguments of the wrong kind are told apart from bad data', () => {
    const wrong = (value: unknown): never => value as never;
    const typeError = expect.objectContaining({ code: 'VALIDATION_TYPE' });
    const rangeError = expect.objectContaining({ code: 'VALIDATION_RANGE' });
    for (const keys of [
      undefined,
      'x'.repeat(32),
      {},
      { writing: 'x' },
      { writing: first, reading: first },
    ]) {
      expect(() => new Encryptor(wrong(keys))).toThrow(typeError);
    }
    expect(() => new Encryptor(wrong({ writing: first, old: [second] }))).toThrow(typeError);
    expect(() => encryptor.encrypt(wrong('text'), context)).toThrow(typeError);
    expect(() => encryptor.decrypt(wrong('text'), context)).toThrow(typeError);
    expect(() => encryptor.encrypt(plaintext, wrong(undefined))).toThrow(typeError);
    expect(() => encryptor.encrypt(plaintext, wrong({ record: 'a' }))).toThrow(typeError);
    expect(() => encryptor.encrypt(plaintext, { record: '\ud800', field: '' })).toThrow(rangeError);
    expect(() => encryptor.encrypt(plaintext, { record: 'a'.repeat(65_536), field: '' })).toThrow(rangeError);
  });

  test('keys are copied, and neither inspection nor errors show them', () => {
    const key = new Uint8Array(32).fill(0xab);
    const own = new Encryptor(key);
    const sealed = own.encrypt(plaintext, context);
    key.fill(0);
    expect(own.decrypt(sealed, context)).toEqual(plaintext);
    const shown = [inspect(own, { depth: 9, showHidden: true }), JSON.stringify(own)];
    for (const text of shown) expect(text).not.toMatch(/ab, ?ab|abab|171, ?171/);
  });

  test('arguments are borrowed: nothing that is passed in is changed', () => {
    const given = Uint8Array.from(plaintext);
    const sealed = encryptor.encrypt(given, context);
    const before = Uint8Array.from(sealed);
    encryptor.decrypt(sealed, context);
    encryptor.rewrap(sealed, context);
    expect([given, sealed]).toEqual([plaintext, before]);
  });
});
