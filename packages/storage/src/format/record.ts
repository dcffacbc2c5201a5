/**
 * One record of the log: a set or a delete of one key, immutable once its group is committed.
 *
 * ```
 *  0        2      3      4         6          8            12         16
 *  | units  | type | flags| keyBytes| reserved | valueBytes | checksum |
 *  | keyHash        | previous                 | sequence              |   16
 *  | version                                   | timestamp             |   32
 *  | expiresAt, 8 bytes, if the flag says so                           |   48
 *  | key, zero-filled to a multiple of 8                               |
 *  | value, or a value pointer if the flag says so                     |
 *  | zeros to a whole unit                                             |
 * ```
 *
 * `previous` is the address of the version that this one replaces: the chain that old readers and recovery follow.
 * A record whose first word is zero has not been written.
 */
import { assert } from '@htkv/base';

import { crc32Range } from '../checksum/crc32.ts';
import { alignToUnit, UNIT_BYTES, UNIT_LOG2 } from './geometry.ts';
import { defineLayout, type Layout } from './layout.ts';

/** What an item of the log is. `pad` fills the rest of a page, `invalid` takes the place of an abandoned record. */
export const RecordType = { set: 1, delete: 2, pad: 3, commit: 4, invalid: 5 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/**
 * Flags of a record. `separated`: the value lies in a file of its own and a pointer stands in its place. `relocated`:
 * compaction has copied the record here, as it was; it is no new write. `continued`: the next write of the log belongs
 * to the same batch.
 */
export const RecordFlag = { expires: 1, separated: 2, relocated: 4, continued: 8 } as const;
const KNOWN_FLAGS = RecordFlag.expires | RecordFlag.separated | RecordFlag.relocated | RecordFlag.continued;

type RecordField =
  | 'units'
  | 'type'
  | 'flags'
  | 'keyBytes'
  | 'reserved'
  | 'valueBytes'
  | 'checksum'
  | 'keyHash'
  | 'previous'
  | 'sequence'
  | 'version'
  | 'timestamp';

export const recordLayout: Layout<RecordField> = defineLayout(48, {
  units: 2,
  type: 1,
  flags: 1,
  keyBytes: 2,
  reserved: 2,
  valueBytes: 4,
  checksum: 4,
  keyHash: 4,
  previous: 4,
  sequence: 8,
  version: 8,
  timestamp: 8,
});

type ValuePointerField = 'valueId' | 'valueChecksum' | 'reserved';

export const valuePointerLayout: Layout<ValuePointerField> = defineLayout(16, {
  valueId: 8,
  valueChecksum: 4,
  reserved: 4,
});

export const RECORD_HEADER_BYTES: number = recordLayout.totalBytes;
const VALUE_POINTER_BYTES = valuePointerLayout.totalBytes;
const EXPIRES_BYTES = 8;
const WORD = 2 ** 32;

/** Where a separated value lies and what it must check out as. */
export interface ValuePointer {
  readonly valueId: number;
  readonly checksum: number;
}

/** Everything about a record but the bytes of its key and value. */
export interface RecordHead {
  readonly type: typeof RecordType.set | typeof RecordType.delete;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly keyHash: number;
  /** Address of the version that this one replaces, 0 for none. */
  readonly previous: number;
  readonly sequence: number;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt: number | undefined;
  readonly separated: boolean;
  /** The record is a copy that compaction made: its sequence is lower than those before it in the log. */
  readonly relocated?: true | undefined;
  /** The next write of the log belongs to the same batch. Not of a copy. */
  readonly continued?: true | undefined;
}

function alignKey(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Offset of the key from the start of a record. */
function keyOffset(expires: boolean): number {
  return RECORD_HEADER_BYTES + (expires ? EXPIRES_BYTES : 0);
}

/** Bytes that a record takes in the log, a multiple of the unit. */
export function recordBytes(
  keyBytes: number,
  valueBytes: number,
  expires: boolean,
  separated: boolean,
): number {
  const stored = separated ? VALUE_POINTER_BYTES : valueBytes;
  return alignToUnit(keyOffset(expires) + alignKey(keyBytes) + stored);
}

/**
 * Writes a record at `offset` of `target`, which holds zeros there, and returns its size in bytes. The checksum
 * stays zero until {@link sealRecord}. `value` is the inline value, a pointer, or `undefined` for a delete.
 */
export function encodeRecord(
  target: Uint8Array,
  view: DataView,
  offset: number,
  head: RecordHead,
  key: Uint8Array,
  value: Uint8Array | ValuePointer | undefined,
): number {
  const expires = head.expiresAt !== undefined;
  const bytes = recordBytes(head.keyBytes, head.valueBytes, expires, head.separated);
  assert(key.length === head.keyBytes, 'a record states the length of its key');
  let position = offset + keyOffset(expires);
  if (expires) putUint64(view, offset + RECORD_HEADER_BYTES, head.expiresAt);
  target.set(key, position);
  position += alignKey(key.length);
  if (head.separated) {
    const pointer = value as ValuePointer;
    putUint64(view, position, pointer.valueId);
    view.setUint32(position + 8, pointer.checksum, true);
  } else if (value !== undefined) {
    const inline = value as Uint8Array;
    assert(inline.length === head.valueBytes, 'an inline value has the stated length');
    target.set(inline, position);
  }
  view.setUint16(offset + 4, head.keyBytes, true);
  view.setUint32(offset + 8, head.valueBytes, true);
  view.setUint32(offset + 16, head.keyHash, true);
  view.setUint32(offset + 20, head.previous, true);
  putUint64(view, offset + 24, head.sequence);
  putUint64(view, offset + 32, head.version);
  putUint64(view, offset + 40, head.timestamp);
  const flags =
    (expires ? RecordFlag.expires : 0) |
    (head.separated ? RecordFlag.separated : 0) |
    (head.relocated === true ? RecordFlag.relocated : 0) |
    (head.continued === true ? RecordFlag.continued : 0);
  // The first word last: until it is there, the record is not.
  view.setUint32(offset, (bytes >>> UNIT_LOG2) | (head.type << 16) | (flags << 24), true);
  return bytes;
}

/**
 * Makes the copy of a record at `offset` of `target` say that it is one, of the record at `previous`, and of no batch.
 * The checksum stays wrong until {@link sealRecord}.
 */
export function markRelocated(view: DataView, offset: number, previous: number): void {
  const flags = (recordFlags(view, offset) | RecordFlag.relocated) & ~RecordFlag.continued;
  view.setUint8(offset + recordLayout.fields.flags.offset, flags);
  view.setUint32(offset + recordLayout.fields.previous.offset, previous, true);
}

/** Flags of the record at `offset`. */
export function recordFlags(view: DataView, offset: number): number {
  return view.getUint8(offset + recordLayout.fields.flags.offset);
}

/** Size in bytes of whatever item starts at `offset`; 0 where nothing was written. */
export function itemBytes(view: DataView, offset: number): number {
  return view.getUint16(offset, true) << UNIT_LOG2;
}

/** Type of the item at `offset`; the caller checks that it knows it. */
export function itemType(view: DataView, offset: number): number {
  return view.getUint8(offset + 2);
}

/** Fills `bytes` of `target` at `offset`, all zeros, with an item that means nothing. */
export function encodePad(view: DataView, offset: number, bytes: number): void {
  assert(bytes >= UNIT_BYTES && bytes % UNIT_BYTES === 0, 'padding fills whole units');
  view.setUint32(offset, (bytes >>> UNIT_LOG2) | (RecordType.pad << 16), true);
}

/** Reads the head of the record at `offset`, or `undefined` where the bytes contradict each other. */
export function decodeRecordHead(view: DataView, offset: number): RecordHead | undefined {
  if (!isRecordHead(view, offset)) return undefined;
  const first = view.getUint32(offset, true);
  const flags = first >>> 24;
  const type = ((first >>> 16) & 0xff) as RecordHead['type'];
  const keyBytes = view.getUint16(offset + 4, true);
  const valueBytes = view.getUint32(offset + 8, true);
  const expires = (flags & RecordFlag.expires) !== 0;
  const separated = (flags & RecordFlag.separated) !== 0;
  return {
    type,
    keyBytes,
    valueBytes,
    keyHash: view.getUint32(offset + 16, true),
    previous: view.getUint32(offset + 20, true),
    sequence: getUint64(view, offset + 24),
    version: getUint64(view, offset + 32),
    timestamp: getUint64(view, offset + 40),
    expiresAt: expires ? getUint64(view, offset + RECORD_HEADER_BYTES) : undefined,
    separated,
    relocated: (flags & RecordFlag.relocated) === 0 ? undefined : true,
    continued: (flags & RecordFlag.continued) === 0 ? undefined : true,
  };
}

/** Whether {@link decodeRecordHead} would read a head at `offset`; makes nothing. */
export function isRecordHead(view: DataView, offset: number): boolean {
  const first = view.getUint32(offset, true);
  const bytes = (first & 0xffff) << UNIT_LOG2;
  const type = (first >>> 16) & 0xff;
  const flags = first >>> 24;
  if (type !== RecordType.set && type !== RecordType.delete) return false;
  if ((flags & ~KNOWN_FLAGS) !== 0) return false;
  const expires = (flags & RecordFlag.expires) !== 0;
  const separated = (flags & RecordFlag.separated) !== 0;
  const keyBytes = view.getUint16(offset + 4, true);
  if (recordBytes(keyBytes, view.getUint32(offset + 8, true), expires, separated) !== bytes) return false;
  return offset + bytes <= view.byteLength;
}

/** The key of the record at `offset`, borrowed from `source`. */
export function recordKey(source: Uint8Array, offset: number, head: RecordHead): Uint8Array {
  const start = offset + keyOffset(head.expiresAt !== undefined);
  return source.subarray(start, start + head.keyBytes);
}

/** The inline value of the record at `offset`, borrowed from `source`. */
export function recordValue(source: Uint8Array, offset: number, head: RecordHead): Uint8Array {
  assert(!head.separated, 'a separated value is not inline');
  const start = offset + keyOffset(head.expiresAt !== undefined) + alignKey(head.keyBytes);
  return source.subarray(start, start + head.valueBytes);
}

/** Where the inline value of the record at `offset`, which is known to be one, begins. */
export function inlineValueOffset(view: DataView, offset: number): number {
  const expires = (view.getUint8(offset + 3) & RecordFlag.expires) !== 0;
  return offset + keyOffset(expires) + alignKey(view.getUint16(offset + 4, true));
}

/** The pointer to the separated value of the record at `offset`. */
export function recordPointer(view: DataView, offset: number, head: RecordHead): ValuePointer {
  assert(head.separated, 'only a separated value has a pointer');
  const start = offset + keyOffset(head.expiresAt !== undefined) + alignKey(head.keyBytes);
  return { valueId: getUint64(view, start), checksum: view.getUint32(start + 8, true) };
}

/** Puts in the checksum of the record at `offset`, which lies at `position` bytes in a segment of seed `seed`. */
export function sealRecord(
  target: Uint8Array,
  view: DataView,
  offset: number,
  seed: number,
  position: number,
): void {
  const checksum = recordChecksum(target, offset, itemBytes(view, offset), seed, position);
  // The field is not touched before the result is there, so that doing it twice at once does no harm.
  view.setUint32(offset + recordLayout.fields.checksum.offset, checksum, true);
}

/** Whether the record of `bytes` bytes at `offset` of `source` matches its checksum. */
export function checkRecord(
  source: Uint8Array,
  view: DataView,
  bytes: number,
  seed: number,
  position: number,
  offset = 0,
): boolean {
  const stored = view.getUint32(offset + recordLayout.fields.checksum.offset, true);
  return recordChecksum(source, offset, bytes, seed, position) === stored;
}

const ZEROS: Uint8Array = new Uint8Array(recordLayout.fields.checksum.bytes);

/** Checksum of a record, with zeros in the place of the checksum itself. */
function recordChecksum(
  source: Uint8Array,
  offset: number,
  bytes: number,
  seed: number,
  position: number,
): number {
  const field = offset + recordLayout.fields.checksum.offset;
  const before = crc32Range(source, offset, field, positionedSeed(seed, position));
  const upTo = crc32Range(ZEROS, 0, ZEROS.length, before);
  return crc32Range(source, field + ZEROS.length, offset + bytes, upTo);
}

function positionedSeed(seed: number, position: number): number {
  return (seed ^ (position >>> UNIT_LOG2)) >>> 0;
}

function putUint64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / WORD), true);
}

/** The number of 64 bits at `offset`, a safe integer where it checks out. */
export function getUint64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * WORD + view.getUint32(offset, true);
}
