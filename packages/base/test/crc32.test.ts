/** Proves that the checksum is CRC-32: by its published check value, and that it can be continued and taken of a range. */
import { expect, test } from 'vitest';

import { crc32, crc32Range, utf8 } from '../src/index.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, index) => (index * 167 + 13) & 0xff);

test('the check value is right', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test('continuing is the same as going through, wherever it is cut', () => {
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
  }
});

test('a range is the same as a view of it', () => {
  for (let start = 0; start < 20; start += 1) {
    expect(crc32Range(bytes, start, 90 - start, 5)).toBe(crc32(bytes.subarray(start, 90 - start), 5));
  }
});
