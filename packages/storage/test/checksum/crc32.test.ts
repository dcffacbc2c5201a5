/**
 * Proves that both ways to compute the checksum are CRC-32, by the published check value and against zlib's.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { crc32, crc32Range } from '../../src/checksum/crc32.ts';
import { SeededRandom } from '../../src/testing/index.ts';

test('the check value of CRC-32 is right', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test('it is the same for every length, from every start, continued from every seed', () => {
  const random = new SeededRandom('crc');
  const bytes = random.bytes(1200);
  for (const length of [0, 1, 7, 8, 9, 255, 256, 257, 511, 1000]) {
    for (const start of [0, 1, 5, 200]) {
      const seed = random.word();
      const expected = zlibCrc32(bytes.subarray(start, start + length), seed);
      expect(crc32(bytes.subarray(start, start + length), seed), `${start}+${length}`).toBe(expected);
      expect(crc32Range(bytes, start, start + length, seed), `${start}+${length}`).toBe(expected);
    }
  }
});

test('continuing is the same as going through', () => {
  const bytes = new SeededRandom('parts').bytes(600);
  for (const cut of [0, 1, 100, 300, 599]) {
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
  }
});
