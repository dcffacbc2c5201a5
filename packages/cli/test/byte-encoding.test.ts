/**
 * Proves that keys and values survive every encoding, however the digits are cut into pieces and lines, and that what
 * is no whole number of digits is refused and never guessed.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeText, DigitDecoder, encodeBytes } from '../src/byte-encoding.ts';

const SEED = 20_260_402;

const encodings = ['hex', 'base64'] as const;

test.for(encodings)('%s digits in any pieces and lines are the bytes that were encoded', (encoding) => {
  const cuts = fc.array(fc.nat({ max: 9 }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), cuts, fc.boolean(), (bytes, sizes, hasLines) => {
      let digits = [...encodeBytes(bytes, encoding)].join('');
      if (hasLines) digits = digits.replaceAll(/.{5}/g, '$&\r\n');
      const decoder = new DigitDecoder(encoding, 'VALUE');
      const decoded: Uint8Array[] = [];
      for (const size of sizes) {
        decoded.push(decoder.push(digits.slice(0, size)));
        digits = digits.slice(size);
      }
      decoded.push(decoder.push(digits));
      decoder.end();
      expect(Buffer.concat(decoded)).toEqual(Buffer.from(bytes));
    }),
    { seed: SEED },
  );
});

test.for(encodings)('any text is %s or is refused with the code of a wrong command line', (encoding) => {
  const anyDigits = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fA-F=+/ -]{0,12}$/));
  fc.assert(
    fc.property(anyDigits, (text) => {
      let bytes: Uint8Array | undefined;
      try {
        bytes = decodeText(text, encoding, 'KEY');
      } catch (error) {
        expect(error).toMatchObject({ code: 'CLI_USAGE' });
        return;
      }
      const digits = text.replaceAll(/[ \t\r\n]/g, '');
      // Digits of base64 may end in bits that stand for nothing; all others come out as they went in.
      expect(Buffer.from(bytes).toString(encoding)).toHaveLength(digits.length);
      if (encoding === 'hex') expect(Buffer.from(bytes).toString('hex')).toBe(digits.toLowerCase());
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test('text is its UTF-8 bytes', () => {
  expect(decodeText('Zoë', 'utf8', 'KEY')).toEqual(Buffer.from([0x5a, 0x6f, 0xc3, 0xab]));
  expect([...encodeBytes(Uint8Array.of(0xff), 'utf8')]).toEqual([Uint8Array.of(0xff)]);
});
