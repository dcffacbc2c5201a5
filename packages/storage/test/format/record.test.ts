/**
 * Proves that records of every shape come back as they were written, take the bytes that the format says, are bound to
 * their place, and that heads which contradict themselves are no records.
 */
import { toHex, utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import {
  checkRecord,
  decodeRecordHead,
  encodePad,
  encodeRecord,
  inlineValueOffset,
  itemBytes,
  itemType,
  recordBytes,
  recordKey,
  recordPointer,
  RecordType,
  recordValue,
  sealRecord,
  type RecordHead,
} from '../../src/format/record.ts';
import { SeededRandom } from '../../src/testing/index.ts';

const base: RecordHead = {
  type: RecordType.set,
  keyBytes: 3,
  valueBytes: 5,
  keyHash: 0xfedcba98,
  previous: 0x80000001,
  sequence: Number.MAX_SAFE_INTEGER,
  version: 2 ** 40,
  timestamp: 1_700_000_000_000,
  expiresAt: undefined,
  separated: false,
};

function encoded(head: RecordHead, seed: number, position: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(2 ** 17);
  const view = new DataView(bytes.buffer);
  const key = utf8('k'.repeat(head.keyBytes));
  const pointer = { valueId: Number.MAX_SAFE_INTEGER, checksum: 0xffffffff };
  const hasInline = head.type === RecordType.set && !head.separated;
  const inline = hasInline ? new Uint8Array(head.valueBytes).fill(0x76) : undefined;
  const length = encodeRecord(bytes, view, 64, head, key, head.separated ? pointer : inline);
  sealRecord(bytes, view, 64, seed, position);
  expect(length).toBe(itemBytes(view, 64));
  const record = bytes.slice(64, 64 + length);
  return { bytes: record, view: new DataView(record.buffer) };
}

const shapes: readonly (readonly [string, Partial<RecordHead>])[] = [
  ['a set', {}],
  ['a set with a deadline', { expiresAt: Number.MAX_SAFE_INTEGER }],
  ['a set of the empty key to the empty value', { keyBytes: 0, valueBytes: 0 }],
  ['a set of the longest key', { keyBytes: 65_535, valueBytes: 1000 }],
  ['a set whose value is elsewhere', { separated: true, valueBytes: 2 ** 31 }],
  ['a set whose value is elsewhere, with a deadline', { separated: true, valueBytes: 2 ** 28, expiresAt: 0 }],
  ['a delete', { type: RecordType.delete, valueBytes: 0 }],
];

describe.for(shapes)('%s', ([, shape]) => {
  const head: RecordHead = { ...base, ...shape };

  test('comes back', () => {
    const { bytes, view } = encoded(head, 5, 4096);
    expect(decodeRecordHead(view, 0)).toEqual(head);
    expect(itemType(view, 0)).toBe(head.type);
    expect(toHex(recordKey(bytes, 0, head))).toBe('6b'.repeat(head.keyBytes));
    if (head.separated) {
      expect(recordPointer(view, 0, head)).toEqual({
        valueId: Number.MAX_SAFE_INTEGER,
        checksum: 0xffffffff,
      });
    } else {
      expect(toHex(recordValue(bytes, 0, head))).toBe('76'.repeat(head.valueBytes));
      expect(inlineValueOffset(view, 0)).toBe(recordValue(bytes, 0, head).byteOffset);
    }
  });

  test('takes whole units, and no more than it needs', () => {
    const { bytes } = encoded(head, 5, 4096);
    const stored = head.separated ? 16 : head.valueBytes;
    const needed = 48 + (head.expiresAt === undefined ? 0 : 8) + Math.ceil(head.keyBytes / 8) * 8 + stored;
    expect(bytes.length % 16).toBe(0);
    expect(bytes.length - needed).toBeLessThan(16);
    expect(bytes.length).toBe(
      recordBytes(head.keyBytes, head.valueBytes, head.expiresAt !== undefined, head.separated),
    );
  });

  test('checks out at its place and in its segment only, and with no bit flipped', () => {
    const { bytes, view } = encoded(head, 5, 4096);
    const checks = (seed: number, position: number): boolean =>
      checkRecord(bytes, view, bytes.length, seed, position);
    expect(checks(5, 4096)).toBe(true);
    expect(checks(5, 4112)).toBe(false);
    expect(checks(6, 4096)).toBe(false);
    const random = new SeededRandom('flips');
    for (let flip = 0; flip < 200; flip += 1) {
      const offset = random.below(bytes.length);
      const mask = 1 << random.below(8);
      bytes[offset]! ^= mask;
      expect(checks(5, 4096), `byte ${offset}`).toBe(false);
      bytes[offset]! ^= mask;
    }
    expect(checks(5, 4096)).toBe(true);
  });
});

test.for([
  ['of another type', 2, RecordType.pad],
  ['of no type', 2, 0],
  ['with an unknown flag', 3, 16],
  ['with a size that its key and value do not have', 0, 6],
  ['with a longer key', 4, 60],
  ['with a longer value', 8, 60],
  ['with a value of gigabytes', 11, 0x7f],
] as const)('bytes %s are no record', ([, offset, byte]) => {
  const { bytes, view } = encoded(base, 5, 0);
  expect(decodeRecordHead(view, 0)).toBeDefined();
  bytes[offset] = byte;
  expect(decodeRecordHead(view, 0)).toBeUndefined();
});

test('a pad says how long it is, and nothing else', () => {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  encodePad(view, 16, 48);
  expect([itemBytes(view, 16), itemType(view, 16)]).toEqual([48, RecordType.pad]);
  expect(bytes.filter((byte) => byte !== 0)).toHaveLength(2);
  expect(() => encodePad(view, 0, 8)).toThrow('whole units');
});

test('what was not written has no size', () => {
  expect(itemBytes(new DataView(new ArrayBuffer(16)), 0)).toBe(0);
});
