/**
 * Proves the byte helpers against the simplest other way to say the same thing, for examples and for seeded random
 * bytes; and that nothing a caller passes in is ever changed or shared.
 */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compareBytes, copyBytes, equalBytes, prefixEnd, startsWith, toHex, utf8 } from '../src/bytes.ts';

const SEED = 20_261_120;
const bytes = fc.uint8Array({ maxLength: 5 });
/** Few different bytes, so that prefixes and equal strings really occur. */
const similar = fc
  .array(fc.constantFrom(0, 1, 254, 255), { maxLength: 4 })
  .map((list) => Uint8Array.from(list));
const parameters = { seed: SEED, numRuns: 2000 };

describe('utf8', () => {
  test('encodes text, and a lone surrogate as U+FFFD', () => {
    expect(utf8('aé€😀')).toEqual(Uint8Array.of(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80));
    expect(utf8('\ud800')).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd));
    expect(utf8('')).toHaveLength(0);
  });
});

describe('copyBytes', () => {
  test('shares nothing with the original, not even with a Buffer', () => {
    const original = Buffer.from([1, 2, 3]);
    const copy = copyBytes(original);
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
    original[0] = 9;
    expect(copy).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe('compareBytes', () => {
  test('orders by unsigned bytes, a string before its extensions', () => {
    const ordered = [[], [0], [0, 0], [0, 255], [1], [127], [128], [255], [255, 0]].map((list) =>
      Uint8Array.from(list),
    );
    expect(ordered.toReversed().toSorted(compareBytes)).toEqual(ordered);
  });

  test('agrees with the order of hexadecimal texts', () => {
    fc.assert(
      fc.property(similar, similar, (left, right) => {
        const [leftHex, rightHex] = [toHex(left), toHex(right)];
        const expected = leftHex < rightHex ? -1 : Number(leftHex > rightHex);
        expect(Math.sign(compareBytes(left, right))).toBe(expected);
        expect(equalBytes(left, right)).toBe(expected === 0);
      }),
      parameters,
    );
  });
});

describe('startsWith', () => {
  test('agrees with the same question about hexadecimal texts', () => {
    fc.assert(
      fc.property(similar, similar, (whole, prefix) => {
        expect(startsWith(whole, prefix)).toBe(toHex(whole).startsWith(toHex(prefix)));
      }),
      parameters,
    );
  });
});

describe('prefixEnd', () => {
  test.each([
    [[], undefined],
    [[255], undefined],
    [[255, 255, 255], undefined],
    [[0], [1]],
    [
      [1, 2],
      [1, 3],
    ],
    [[1, 255], [2]],
    [[1, 255, 255], [2]],
    [[254], [255]],
    [
      [255, 0],
      [255, 1],
    ],
  ])('of %j is %j', (prefix, end) => {
    expect(prefixEnd(Uint8Array.from(prefix))).toEqual(end && Uint8Array.from(end));
  });

  test('makes a range that holds exactly what begins with the prefix', () => {
    fc.assert(
      fc.property(similar, similar, (prefix, candidate) => {
        const end = prefixEnd(prefix);
        const isInside =
          compareBytes(prefix, candidate) <= 0 && (end === undefined || compareBytes(candidate, end) < 0);
        expect(isInside).toBe(startsWith(candidate, prefix));
      }),
      parameters,
    );
  });

  test('leaves the prefix alone, also if it is a Buffer', () => {
    for (const prefix of [Uint8Array.of(1, 2), Buffer.from([1, 2]), Buffer.from([1, 255])]) {
      const before = [...prefix];
      prefixEnd(prefix)?.fill(0);
      expect([...prefix]).toEqual(before);
    }
  });
});

describe('toHex', () => {
  test('writes two digits per byte', () => {
    expect(toHex(Uint8Array.of(0, 1, 15, 16, 171, 255))).toBe('00010f10abff');
    expect(toHex(new Uint8Array(0))).toBe('');
  });

  test('keeps every bit', () => {
    fc.assert(
      fc.property(bytes, (original) => {
        expect(new Uint8Array(Buffer.from(toHex(original), 'hex'))).toEqual(original);
      }),
      parameters,
    );
  });
});
