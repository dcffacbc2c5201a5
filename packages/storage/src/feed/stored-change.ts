/** Changes as the log has them: what a record says that is a write, apart from how it lies in its page. */
import { getUint64, RECORD_HEADER_BYTES, recordLayout, RecordFlag } from '../format/record.ts';
import type { KeyRange } from '../index/key-range.ts';

interface ChangeHead {
  readonly sequence: number;
  /** Owned by the caller, as the value is. */
  readonly key: Uint8Array;
  readonly version: number;
  readonly timestamp: number;
  /** Whether no other change of the same batch follows; there if it was asked for. */
  endsBatch?: boolean;
}

export interface StoredSet extends ChangeHead {
  readonly type: 'set';
  readonly value: Uint8Array;
  /** There if the entry has a deadline. */
  readonly expiresAt?: number;
}

export interface StoredDelete extends ChangeHead {
  readonly type: 'delete';
}

export type StoredChange = StoredSet | StoredDelete;

const { keyBytes, sequence, timestamp, valueBytes, version } = recordLayout.fields;
const WORD_MASK = 7;

/** Part of a page, and the record in it that is looked at: its offset in the image. */
export interface RecordPlace {
  readonly image: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly flags: number;
}

function keyStart({ at, flags }: RecordPlace): number {
  return at + RECORD_HEADER_BYTES + ((flags & RecordFlag.expires) === 0 ? 0 : 8);
}

export function sequenceAt(view: DataView, at: number): number {
  return getUint64(view, at + sequence.offset);
}

/** Bytes of the record's value, wherever it lies. */
export function valueBytesAt(view: DataView, at: number): number {
  return view.getUint32(at + valueBytes.offset, true);
}

export function deleteAt(place: RecordPlace): StoredDelete {
  const { view, at } = place;
  return {
    type: 'delete',
    sequence: sequenceAt(view, at),
    key: keyAt(place),
    version: getUint64(view, at + version.offset),
    timestamp: getUint64(view, at + timestamp.offset),
  };
}

/** `separated` is the value if it lies in a file of its own. */
export function setAt(place: RecordPlace, separated: Uint8Array | undefined): StoredSet {
  const { view, at, flags } = place;
  const type = 'set';
  const place64 = sequenceAt(view, at);
  const key = keyAt(place);
  const value = separated ?? valueAt(place, key.length);
  const itsVersion = getUint64(view, at + version.offset);
  const itsTimestamp = getUint64(view, at + timestamp.offset);
  if ((flags & RecordFlag.expires) === 0) {
    return { type, sequence: place64, key, value, version: itsVersion, timestamp: itsTimestamp };
  }
  const expiresAt = getUint64(view, at + RECORD_HEADER_BYTES);
  return { type, sequence: place64, key, value, version: itsVersion, timestamp: itsTimestamp, expiresAt };
}

function keyAt(place: RecordPlace): Uint8Array {
  const start = keyStart(place);
  return place.image.slice(start, start + place.view.getUint16(place.at + keyBytes.offset, true));
}

function valueAt(place: RecordPlace, keyLength: number): Uint8Array {
  const start = keyStart(place) + ((keyLength + WORD_MASK) & ~WORD_MASK);
  return place.image.slice(start, start + valueBytesAt(place.view, place.at));
}

/** Whether the key of the record lies in a range; makes nothing. */
export function isKeyInside(place: RecordPlace, range: KeyRange): boolean {
  const { lower, upper } = range;
  const start = keyStart(place);
  const end = start + place.view.getUint16(place.at + keyBytes.offset, true);
  if (lower !== undefined) {
    const order = compareWithin(place.image, start, end, lower);
    if (order < 0 || (order === 0 && !range.lowerInclusive)) return false;
  }
  if (upper === undefined) return true;
  const order = compareWithin(place.image, start, end, upper);
  return order < 0 || (order === 0 && range.upperInclusive);
}

/** As comparing `image[start..end)` with `bytes`. */
function compareWithin(image: Uint8Array, start: number, end: number, bytes: Uint8Array): number {
  const common = Math.min(end - start, bytes.length);
  for (let index = 0; index < common; index += 1) {
    const difference = image[start + index]! - bytes[index]!;
    if (difference !== 0) return difference;
  }
  return end - start - bytes.length;
}
