/**
 * Proves that whatever bytes lie where a record should be, reading them gives a record, whose encoding is those very
 * bytes, or a coded error: nothing else is thrown, nothing is run, no length is believed. Bytes are random, or made
 * from real records by cutting, extending and changing them, or hostile CBOR written by hand.
 */

import { errorCode } from '@htkv/engine';
import { encode } from 'cbor-x';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { decodeApiKey, encodeApiKey } from '../src/api-key-record.ts';
import { decodeAttempts, encodeAttempts } from '../src/attempts-record.ts';
import { decodeSecret, encodeSecret } from '../src/secret-record.ts';
import { decodeUser, encodeUser } from '../src/user-record.ts';

const SEED = 20_261_120;

interface Codec {
  readonly name: string;
  readonly sample: Uint8Array;
  /** The bytes that decoding and encoding make of bytes. */
  readonly roundTrip: (bytes: Uint8Array) => Uint8Array;
}

const mac = new Uint8Array(32).fill(9);
const codecs: readonly Codec[] = [
  {
    name: 'a user',
    sample: encodeUser({
      userId: 'usr-0123456789abcdef',
      username: 'Captain',
      passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
      passwordForm: 'exact',
      createdAt: 1_800_000_000_000,
      lastLogin: 1_800_000_000_001,
      metadata: new Uint8Array(40).fill(3),
    }),
    roundTrip: (bytes) => encodeUser(decodeUser(bytes)),
  },
  {
    name: 'an API key',
    sample: encodeApiKey({
      keyId: 'key-0123456789abcdef',
      ownerId: 'usr-0123456789abcdef',
      label: 'dëploy',
      scopes: ['read', 'write'],
      createdAt: 1_800_000_000_000,
      expiresAt: 1_900_000_000_000,
      lastUsed: undefined,
      metadata: undefined,
      secrets: [{ mac }, { mac, validUntil: 1_800_000_000_000 }],
    }),
    roundTrip: (bytes) => encodeApiKey(decodeApiKey(bytes)),
  },
  {
    name: 'failed attempts',
    sample: encodeAttempts({ failures: 300, lastFailureAt: 1_800_000_000_000 }),
    roundTrip: (bytes) => encodeAttempts(decodeAttempts(bytes)),
  },
  {
    name: 'the secret',
    sample: encodeSecret(new Uint8Array(100).fill(1)),
    roundTrip: (bytes) => encodeSecret(decodeSecret(bytes)),
  },
];

/** CBOR that a decoder of general purpose would take, or that promises more than it holds. */
const hostile = [
  '',
  'a0',
  'f6',
  'ff',
  'a16776657273696f6e', // a field without a value
  'bf6776657273696f6e01ff', // indefinite length
  'a16776657273696f6e1b7fffffffffffffff', // 64-bit number
  'a16776657273696f6e9affffffff', // four thousand million items
  'a16776657273696f6e5affffffff', // four thousand million bytes
  'a16776657273696f6e7a7fffffff',
  'a16776657273696f6ebaffffffff',
  'a16776657273696f6ec100', // a date
  'a16776657273696f6ed81b8266526567457870612e', // a class by name
  'a16776657273696f6ed9dfff8319010081616101', // a definition of records
  'a16776657273696f6ed9010481d8ff00',
  'a16776657273696f6ef4',
  'a16776657273696f6efb7ff8000000000000', // not a number
  'a16776657273696f6efbbff0000000000000', // minus one
  'a16776657273696f6e20',
  'a1695f5f70726f746f5f5fa0', // __proto__
  'a26776657273696f6e016776657273696f6e01', // a field twice
  'a10101', // a key that is no text
  'd9d9f7a16776657273696f6e01', // self-described
  'a16776657273696f6e1801', // a longer head than needed
].map((hex) => Buffer.from(hex, 'hex'));

describe.for(codecs)('$name', ({ sample, roundTrip }) => {
  function verdict(bytes: Uint8Array): 'record' | 'corrupt' | 'unsupported' {
    let encoded: Uint8Array;
    try {
      encoded = roundTrip(bytes);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'AUTH_RECORD_CORRUPT') return 'corrupt';
      if (code === 'AUTH_RECORD_UNSUPPORTED') return 'unsupported';
      throw error;
    }
    expect(Buffer.compare(encoded, bytes)).toBe(0);
    return 'record';
  }

  test('a record reads back, from the middle of a larger buffer as well', () => {
    expect(verdict(sample)).toBe('record');
    const around = new Uint8Array(sample.length + 20).fill(0xa5);
    around.set(sample, 10);
    expect(verdict(around.subarray(10, 10 + sample.length))).toBe('record');
  });

  test('no beginning of a record is one, nor is a record with something behind it', () => {
    for (let length = 0; length < sample.length; length += 1) {
      expect(verdict(sample.subarray(0, length))).toBe('corrupt');
    }
    expect(verdict(Uint8Array.from([...sample, 0]))).toBe('corrupt');
  });

  test('hostile bytes are corrupt', () => {
    for (const bytes of hostile) expect(verdict(bytes), bytes.toString('hex')).toBe('corrupt');
    expect(verdict(new Uint8Array(1_000_000).fill(0x81))).toBe('corrupt');
    expect(verdict(new Uint8Array(1_000_000).fill(0xa1))).toBe('corrupt');
  });

  test('a record of a version to come is unsupported, whatever it holds', () => {
    const map = Object.fromEntries(Object.entries({ version: 2, more: 'fields', and: [{ of: 1 }] }));
    expect(verdict(encode(map))).toBe('unsupported');
  });

  test('random bytes', () => {
    const start = fc.constantFrom([], [0xa1], [...sample.subarray(0, 10)], [...sample.subarray(0, 30)]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (head, tail) => {
        expect(['corrupt', 'unsupported', 'record']).toContain(verdict(Uint8Array.from([...head, ...tail])));
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  test('records with bytes changed', () => {
    const verdicts = { record: 0, corrupt: 0, unsupported: 0 };
    const place = fc.record({ at: fc.nat(sample.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = Uint8Array.from(sample);
        for (const { at, byte } of changes) bytes[at] = byte;
        verdicts[verdict(bytes)] += 1;
      }),
      { seed: SEED, numRuns: 5_000 },
    );
    expect(verdicts.corrupt).toBeGreaterThan(100);
    expect(verdicts.record).toBeGreaterThan(10);
    expect(verdicts.unsupported).toBeGreaterThan(0);
  });
});
