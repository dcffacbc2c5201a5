/**
 * Proves that what is not shaped like a record never reaches the decoder: tags, classes by name, indefinite lengths,
 * lengths beyond the bytes, keys that are no text, deep nesting; and that everything a record can hold does.
 */

import { Encoder } from 'cbor-x';
import { expect, test } from 'vitest';

import { hasRecordOutline } from '../src/cbor-outline.ts';

const refused = {
  'nothing at all': '',
  'a date': 'a16161c100',
  'a class by name': 'a16161d81b8266526567457870612e',
  'a definition of records': 'd9dfff8319010081616101',
  'a mark of self-description': 'd9d9f7a0',
  'null, true and undefined': 'a16161f6',
  'a negative number': 'a1616120',
  'a short float': 'a16161f93c00',
  'a 64-bit number': 'a161611b0000000000000001',
  'a map of indefinite length': 'bf616101ff',
  'text of indefinite length': 'a161617f6161ff',
  'more items than bytes': 'a161619affffffff',
  'more text than bytes': 'a161617affffffff',
  'a head that is cut': 'a1616119',
  'a float that is cut': 'a16161fb42',
  'a key that is a number': 'a10101',
  'a second item': 'a0a0',
  nesting: `a16161${'81'.repeat(100_000)}00`,
};

test.for(Object.entries(refused))('%s is refused', ([, hex]) => {
  expect(hasRecordOutline(Buffer.from(hex, 'hex'))).toBe(false);
});

test('what records hold is not', () => {
  const codec = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });
  const record = {
    text: 'x'.repeat(70_000),
    bytes: new Uint8Array(300),
    counts: [0, 23, 24, 255, 256, 65_536, 1_800_000_000_000],
    maps: [{ mac: new Uint8Array(32), validUntil: 1 }, {}],
  };
  expect(hasRecordOutline(codec.encode(record))).toBe(true);
});
