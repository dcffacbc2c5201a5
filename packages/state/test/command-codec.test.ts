/**
 * Proves that the bytes of a command are exactly those of the documented layout, that every command survives the way
 * there and back, that a meaning has one encoding, and that every defect is reported at its offset.
 */

import { toHex, utf8 } from '@htkv/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { COMMAND_FORMAT_VERSION, decodeCommand, encodeCommand } from '../src/command-codec.ts';
import type { Command } from '../src/command.ts';
import { KEY_BYTES_MAX } from '../src/command.ts';
import { plainCommand, SEED } from './arbitraries.ts';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

const examples: [name: string, command: Command, hex: string][] = [
  ['bare set', { type: 'set', key: utf8('k'), value: utf8('v') }, '01 01 00 0100 01000000 6b 76'],
  [
    'full set',
    {
      type: 'set',
      key: utf8('key'),
      value: utf8('value'),
      version: 7,
      timestamp: 1_700_000_000_000,
      expiresAt: Number.MAX_SAFE_INTEGER,
      ifVersion: 6,
      ifPresent: true,
    },
    '01 01 2f 0300 05000000 0700000000000000 0068e5cf8b010000 ffffffffffff1f00 0600000000000000' +
      ' 6b6579 76616c7565',
  ],
  [
    'set if absent',
    { type: 'set', key: utf8(''), value: utf8(''), version: 1, timestamp: 0, ifAbsent: true },
    '01 01 13 0000 00000000 0100000000000000 0000000000000000',
  ],
  ['bare delete', { type: 'delete', key: utf8('k') }, '01 02 00 0100 6b'],
  [
    'full delete',
    { type: 'delete', key: utf8('k'), version: 9, timestamp: 5, ifVersion: 8, ifPresent: true },
    '01 02 2b 0100 0900000000000000 0500000000000000 0800000000000000 6b',
  ],
  ['empty batch', { type: 'batch', commands: [] }, '01 03 00 00000000'],
  [
    'batch of all or nothing',
    {
      type: 'batch',
      commands: [
        { type: 'set', key: utf8('a'), value: utf8('1') },
        { type: 'delete', key: utf8('b') },
      ],
      atomic: 'allOrNothing',
    },
    '01 03 01 02000000 01 00 0100 01000000 61 31 02 00 0100 62',
  ],
  [
    'batch with conditions',
    {
      type: 'batch',
      commands: [{ type: 'delete', key: utf8('b') }],
      timestamp: 5,
      conditions: [{ key: utf8('a'), version: 9 }, { key: utf8('x') }],
      ranges: [{ gte: utf8('a'), lt: utf8('b'), digest: '0123456789abcdef' }],
    },
    '01 04 00 01 0500000000000000 02000000 01 0100 0900000000000000 61 00 0100 78 ' +
      '01000000 07 0123456789abcdef 0100 61 0100 62 01000000 02 00 0100 62',
  ],
];

describe('the layout', () => {
  test.each(examples)('of a %s', (_, command, hex) => {
    expect(toHex(encodeCommand(command))).toBe(hex.replaceAll(' ', ''));
    expect(decodeCommand(bytesOf(hex))).toStrictEqual(command);
  });

  test('starts with the format version', () => {
    expect(encodeCommand({ type: 'batch', commands: [] })[0]).toBe(COMMAND_FORMAT_VERSION);
  });
});

test('every command survives encoding and decoding', () => {
  fc.assert(
    fc.property(plainCommand, (command) => {
      expect(decodeCommand(encodeCommand(command))).toStrictEqual(command);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test('the longest key and a large value survive', () => {
  const value = new Uint8Array(1_000_000).fill(7);
  const command: Command = { type: 'set', key: new Uint8Array(KEY_BYTES_MAX).fill(0xff), value };
  const decoded = decodeCommand(encodeCommand(command));
  expect(decoded).toStrictEqual(command);
});

test('what means the same has the same bytes', () => {
  const key = utf8('k');
  const value = utf8('v');
  const bare = encodeCommand({ type: 'set', key, value });
  expect(
    encodeCommand({ type: 'set', key, value, version: undefined, ifAbsent: false, ifPresent: false }),
  ).toEqual(bare);
  expect(encodeCommand({ value, key, type: 'set' })).toEqual(bare);
  expect(encodeCommand({ type: 'batch', commands: [], atomic: 'perItem' })).toEqual(
    encodeCommand({ type: 'batch', commands: [] }),
  );
});

test('keys and values are plain views of the bytes that were decoded', () => {
  const bytes = Buffer.from(encodeCommand({ type: 'set', key: utf8('k'), value: utf8('v') }));
  const command = decodeCommand(bytes);
  if (command.type !== 'set') throw new Error('expected a set');
  expect(command.key.buffer).toBe(bytes.buffer);
  expect(Object.getPrototypeOf(command.value)).toBe(Uint8Array.prototype);
  bytes[bytes.length - 1] = 0x77;
  expect(command.value).toEqual(utf8('w'));
});

test('a command that is not well formed is not encoded', () => {
  const command = { type: 'set', key: new Uint8Array(KEY_BYTES_MAX + 1), value: utf8('') } as const;
  expect(() => encodeCommand(command)).toThrow(RangeError);
  expect(() => encodeCommand({ type: 'delete', key: utf8('k'), version: 2 ** 53 })).toThrow(RangeError);
});

describe('a defect is reported where it is', () => {
  const defects: [name: string, hex: string, offset: number, expected: string, found: string][] = [
    ['nothing at all', '', 0, '1 bytes of format version', '0 more bytes'],
    ['a later format', '02 01', 0, 'format version 1', '2'],
    ['no kind', '01', 1, '1 bytes of kind', '0 more bytes'],
    ['kind 0', '01 00', 1, 'kind 1, 2, 3 or 4', '0'],
    ['kind 5', '01 05', 1, 'kind 1, 2, 3 or 4', '5'],
    ['an unknown flag', '01 01 40 0000 00000000', 2, 'no flags but 0x3f', '0x40'],
    ['a deadline on a delete', '01 02 04 0000', 2, 'no flags but 0x2b', '0x4'],
    ['ifAbsent on a delete', '01 02 10 0000', 2, 'no flags but 0x2b', '0x10'],
    ['ifAbsent and ifPresent', '01 01 30 0000 00000000', 2, 'ifAbsent as the only condition', '0x30'],
    [
      'ifAbsent and ifVersion',
      '01 01 18 0000 00000000 0100000000000000',
      2,
      'ifAbsent as the only condition',
      '0x18',
    ],
    ['half a key length', '01 02 00 01', 3, '2 bytes of key length', '1 more bytes'],
    ['a key that is cut', '01 02 00 0300 6b6b', 5, '3 bytes of key', '2 more bytes'],
    ['a value that is cut', '01 01 00 0000 02000000 76', 9, '2 bytes of value', '1 more bytes'],
    [
      'a value that is too long',
      '01 01 00 0000 01000010',
      5,
      'a value length of at most 268435456',
      '268435457',
    ],
    ['version 0', '01 02 01 0000 0000000000000000', 5, 'version from 1', '0'],
    ['ifVersion 0', '01 02 08 0000 0000000000000000', 5, 'ifVersion from 1', '0'],
    [
      'a version that is no safe integer',
      '01 02 01 0000 0000000000002000',
      5,
      'version to be a safe integer',
      'a larger one',
    ],
    ['a timestamp that is cut', '01 02 02 0000 00000000', 5, '8 bytes of timestamp', '4 more bytes'],
    ['an unknown mode', '01 03 02 00000000', 2, 'mode 0 or 1', '2'],
    ['a count beyond the bytes', '01 03 00 ffffffff 0200', 3, 'at most 0 items', '4294967295'],
    ['a count of one item too many', '01 03 00 01000000 020000', 3, 'at most 0 items', '1'],
    ['a batch in a batch', '01 03 00 01000000 03 00 00000000', 7, 'kind 1 or 2', '3'],
    ['an item that is cut', '01 03 00 01000000 01 00 0000 00', 11, '4 bytes of value length', '1 more bytes'],
    ['bytes after the end', '01 02 00 0000 00', 5, 'the end', '1 more bytes'],
  ];

  test.each(defects)('%s', (_, hex, offset, expected, found) => {
    expect(() => decodeCommand(bytesOf(hex))).toThrow(
      expect.objectContaining({
        name: 'CodedError',
        code: 'STATE_MALFORMED_COMMAND',
        message: `expected ${expected} at offset ${offset} of a command, found ${found}`,
        details: { offset, expected, found },
      }),
    );
  });
});
