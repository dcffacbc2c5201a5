/**
 * Records as bytes: one CBOR map with text keys, of which the first is `version`. Decoding is strict. A version that
 * this code does not know is `AUTH_RECORD_UNSUPPORTED`; anything that the encoder would not have written the same,
 * byte for byte, is `AUTH_RECORD_CORRUPT`.
 */
import { Encoder } from 'cbor-x';

import { hasRecordOutline } from './cbor-outline.ts';
import { recordCorrupt, recordUnsupported } from './failure.ts';
import { RecordFields } from './record-fields.ts';

export type FieldValue =
  | string
  | number
  | Uint8Array
  | readonly FieldValue[]
  | { readonly [name: string]: FieldValue };

const RECORD_VERSION = 1;

// Plain maps with the shortest heads, and byte strings without tags: what any CBOR tool reads.
const codec = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
});

/** The bytes of a record, owned by the caller. Fields that are undefined are left out. */
export function encodeRecord(fields: Readonly<Record<string, FieldValue | undefined>>): Uint8Array {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return new Uint8Array(codec.encode({ version: RECORD_VERSION, ...Object.fromEntries(present) }));
}

/**
 * The fields of a record; `kind` says in messages whose record it is. `read` takes every field that the record has;
 * a field that is left over makes the record corrupt.
 */
export function decodeRecord<Decoded>(
  bytes: Uint8Array,
  kind: string,
  read: (fields: RecordFields) => Decoded,
): Decoded {
  if (!hasRecordOutline(bytes)) throw recordCorrupt(kind, 'bytes that are no record');
  const map = decodeMap(bytes, kind);
  const { version } = map;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < RECORD_VERSION)
    throw recordCorrupt(kind, 'no version');
  if (version !== RECORD_VERSION) throw recordUnsupported(kind, version);
  const fields = new RecordFields(map, kind, 1);
  const decoded = read(fields);
  fields.requireNoMore();
  if (!isSame(codec.encode(map), bytes)) throw recordCorrupt(kind, 'bytes in another form than records have');
  return decoded;
}

function decodeMap(bytes: Uint8Array, kind: string): Readonly<Record<string, unknown>> {
  let decoded: unknown;
  try {
    decoded = codec.decode(bytes);
  } catch (cause) {
    throw recordCorrupt(kind, 'bytes that are no record', cause);
  }
  if (
    typeof decoded === 'object' &&
    decoded !== null &&
    Object.getPrototypeOf(decoded) === Object.prototype
  ) {
    return decoded as Readonly<Record<string, unknown>>;
  }
  throw recordCorrupt(kind, 'bytes that are no record');
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
