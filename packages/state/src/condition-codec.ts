/**
 * What a batch asks for besides its items, as bytes: between the mode of a conditional batch and its number of items.
 *
 *   conditions                           key condition             range condition
 *   width field                          width field               width field
 *   1     1 with a timestamp, else 0     1     1 with a version    1     flags: 1 a lower bound, 2 that is included,
 *   8     timestamp, if there is one     2     key length                4 an upper bound, 8 that is included
 *   4     number of key conditions       8     version, if any     8     digest
 *         key conditions                       key                 2     length of the lower bound, if any
 *   4     number of range conditions                                     lower bound
 *         range conditions                                         2     length of the upper bound, if any
 *                                                                        upper bound
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { BatchCommand, KeyCondition, RangeCondition } from './command.ts';
import { malformed } from './malformed-command.ts';

const KEY_BYTES_MIN = 3;
const RANGE_BYTES_MIN = 9;

const LOWER = 1;
const LOWER_INCLUDED = 2;
const UPPER = 4;
const UPPER_INCLUDED = 8;

type BatchConditions = Pick<BatchCommand, 'conditions' | 'ranges' | 'timestamp'>;

export function conditionBytes({ conditions = [], ranges = [], timestamp }: BatchConditions): number {
  let total = 1 + (timestamp === undefined ? 0 : 8) + 4 + 4;
  for (const { key, version } of conditions)
    total += KEY_BYTES_MIN + (version === undefined ? 0 : 8) + key.length;
  for (const range of ranges) {
    const { lower, upper } = boundsOf(range);
    total += RANGE_BYTES_MIN + (lower === undefined ? 0 : 2 + lower.length);
    total += upper === undefined ? 0 : 2 + upper.length;
  }
  return total;
}

export function writeConditions(
  writer: ByteWriter,
  { conditions = [], ranges = [], timestamp }: BatchConditions,
): void {
  writer.uint8(timestamp === undefined ? 0 : 1);
  if (timestamp !== undefined) writer.uint53(timestamp);
  writer.uint32(conditions.length);
  for (const { key, version } of conditions) {
    writer.uint8(version === undefined ? 0 : 1);
    writer.uint16(key.length);
    if (version !== undefined) writer.uint53(version);
    writer.bytes(key);
  }
  writer.uint32(ranges.length);
  for (const range of ranges) writeRange(writer, range);
}

/** Throws `STATE_MALFORMED_COMMAND`. */
export function readConditions(reader: ByteReader): BatchConditions {
  const start = reader.offset;
  const timestamp = readFlags(reader, 1) === 1 ? reader.uint53('timestamp') : undefined;
  const conditions: KeyCondition[] = [];
  for (let left = readCount(reader, KEY_BYTES_MIN); left > 0; left -= 1) conditions.push(readKey(reader));
  const ranges: RangeCondition[] = [];
  for (let left = readCount(reader, RANGE_BYTES_MIN); left > 0; left -= 1) ranges.push(readRange(reader));
  if (conditions.length + ranges.length === 0) throw malformed(start, 'conditions', 'none');
  return {
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(ranges.length === 0 ? {} : { ranges }),
  };
}

function boundsOf({ gt, gte, lt, lte }: RangeCondition): {
  lower?: Uint8Array | undefined;
  upper?: Uint8Array | undefined;
} {
  return { lower: gt ?? gte, upper: lt ?? lte };
}

function writeRange(writer: ByteWriter, range: RangeCondition): void {
  const { lower, upper } = boundsOf(range);
  let flags = lower === undefined ? 0 : LOWER;
  if (range.gte !== undefined) flags |= LOWER_INCLUDED;
  if (upper !== undefined) flags |= UPPER;
  if (range.lte !== undefined) flags |= UPPER_INCLUDED;
  writer.uint8(flags);
  for (let digit = 0; digit < range.digest.length; digit += 2) {
    writer.uint8(Number.parseInt(range.digest.slice(digit, digit + 2), 16));
  }
  for (const bound of [lower, upper]) {
    if (bound === undefined) continue;
    writer.uint16(bound.length);
    writer.bytes(bound);
  }
}

function readKey(reader: ByteReader): KeyCondition {
  const hasVersion = readFlags(reader, 1) === 1;
  const length = reader.uint16('key length');
  const offset = reader.offset;
  const version = hasVersion ? reader.uint53('version') : undefined;
  if (version === 0) throw malformed(offset, 'version from 1', '0');
  const key = reader.bytes(length, 'key');
  return version === undefined ? { key } : { key, version };
}

function readRange(reader: ByteReader): RangeCondition {
  const offset = reader.offset;
  const flags = readFlags(reader, 15);
  const isIncludedWithoutBound =
    (flags & (LOWER | LOWER_INCLUDED)) === LOWER_INCLUDED ||
    (flags & (UPPER | UPPER_INCLUDED)) === UPPER_INCLUDED;
  if (isIncludedWithoutBound) throw malformed(offset, 'a bound that is included', 'none');
  const digest = Array.from(reader.bytes(8, 'digest'), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const lower = (flags & LOWER) === 0 ? undefined : readBound(reader);
  const upper = (flags & UPPER) === 0 ? undefined : readBound(reader);
  return {
    ...(lower === undefined ? {} : (flags & LOWER_INCLUDED) === 0 ? { gt: lower } : { gte: lower }),
    ...(upper === undefined ? {} : (flags & UPPER_INCLUDED) === 0 ? { lt: upper } : { lte: upper }),
    digest,
  };
}

function readBound(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.uint16('length of a bound'), 'bound');
}

function readFlags(reader: ByteReader, allowed: number): number {
  const offset = reader.offset;
  const flags = reader.uint8('flags');
  if ((flags & ~allowed) !== 0) throw malformed(offset, `flags of at most ${allowed}`, String(flags));
  return flags;
}

/** A number of things of which each takes at least `bytesMin` bytes. */
function readCount(reader: ByteReader, bytesMin: number): number {
  const offset = reader.offset;
  const count = reader.uint32('number of conditions');
  const countMax = Math.floor(reader.remaining / bytesMin);
  if (count > countMax) throw malformed(offset, `at most ${countMax} conditions`, String(count));
  return count;
}
