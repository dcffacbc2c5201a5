/**
 * Properties of the decoders of hashes: any string is either a hash, whose writing is that very string, or one of the
 * two coded errors, for all three kinds; and what is taken lies within the bounds.
 */

import { errorCode } from '@htkv/base';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { decodeArgon2, encodeArgon2 } from '../../src/argon2-parameters.ts';
import { decodeBcrypt } from '../../src/bcrypt-parameters.ts';
import { decodePhc, encodePhc } from '../../src/phc-string.ts';
import { decodeScrypt, encodeScrypt } from '../../src/scrypt-parameters.ts';

const codes = new Set(['CRYPTO_HASH_MALFORMED', 'CRYPTO_HASH_REFUSED']);

/** Decodes with each decoder; returns how many took it. */
export function decodeAll(text: string): number {
  let taken = 0;
  const attempt = (decode: () => void): void => {
    try {
      decode();
      taken += 1;
    } catch (error) {
      if (!codes.has(String(errorCode(error)))) throw error;
    }
  };
  attempt(() => expect(encodePhc(decodePhc(text))).toBe(text));
  attempt(() => {
    const hash = decodeArgon2(text);
    expect(encodeArgon2(hash)).toBe(text);
    expect(hash.memoryKiB * hash.passes).toBeLessThanOrEqual(2 ** 21);
    expect(hash.memoryKiB).toBeLessThanOrEqual(2 ** 20);
  });
  attempt(() => {
    const hash = decodeScrypt(text);
    expect(encodeScrypt(hash)).toBe(text);
    expect(2 ** hash.costLog2 * hash.blockSize * hash.parallelization).toBeLessThanOrEqual(2 ** 24);
  });
  attempt(() => {
    const { cost, settings } = decodeBcrypt(text);
    expect(text.startsWith(settings)).toBe(true);
    expect(cost).toBeLessThanOrEqual(15);
  });
  return taken;
}

/** Hashes of each kind; the first three are PHC strings. */
export const hashes: readonly string[] = [
  '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$argon2id$v=19$m=256,t=2,p=1,keyid=AAAAAAAAAAA$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$scrypt$ln=14,r=8,p=5$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
];

export function checkAnyString(seed: number, numRuns: number): void {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      decodeAll(text);
    }),
    { seed, numRuns },
  );
}

/** Strings put together from pieces of hashes. */
export function checkPieces(seed: number, numRuns: number): void {
  const digits = fc.nat({ max: 2 ** 33 }).map(String);
  const base64 = fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('base64'));
  const piece = fc.oneof(
    fc.constantFrom(
      '$',
      ',',
      '=',
      'argon2id',
      'scrypt',
      'v=19',
      'm=',
      't=',
      'p=',
      'ln=',
      'r=',
      'keyid=',
      '2b',
    ),
    digits,
    base64,
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      decodeAll(pieces.join(''));
    }),
    { seed, numRuns },
  );
}

/** Hashes with pieces changed; returns how often one was taken. */
export function checkChangedHashes(seed: number, numRuns: number): number {
  const change = fc.record({ at: fc.nat(200), cut: fc.nat(3), text: fc.string({ maxLength: 4 }) });
  const number = fc.oneof(fc.nat(100), fc.nat(2 ** 32)).map(String);
  let taken = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...hashes),
      fc.array(change, { maxLength: 2 }),
      number,
      (hash, changes, value) => {
        let text = hash.replace(/=[0-9]+/g, (found) => (value.length % 2 === 0 ? found : `=${value}`));
        for (const { at, cut, text: piece } of changes) {
          text = text.slice(0, at) + piece + text.slice(at + cut);
        }
        taken += decodeAll(text);
      },
    ),
    { seed, numRuns },
  );
  return taken;
}
