/**
 * Entries as `--json` prints them. The shape is a promise: members may be added, none changes or goes. `encoding`
 * says how to read `key` and `value`: as asked for, else `utf8` where both are text, else `base64`, so that nothing
 * is lost whatever the bytes are.
 */
import { Buffer, isUtf8 } from 'node:buffer';

import { digitsOf, type ByteEncoding } from './byte-encoding.ts';

export interface JsonEntry {
  readonly key: string;
  /** Absent if only keys were asked for. */
  readonly value?: string;
  readonly encoding: ByteEncoding;
}

/** The members that describe an entry, or its key alone. */
export function jsonEntry(key: Uint8Array, value: Uint8Array | undefined, asked: ByteEncoding): JsonEntry {
  const isText = isUtf8(key) && (value === undefined || isUtf8(value));
  const encoding = asked === 'utf8' && !isText ? 'base64' : asked;
  if (value === undefined) return { key: encoded(key, encoding), encoding };
  return { key: encoded(key, encoding), value: encoded(value, encoding), encoding };
}

function encoded(bytes: Uint8Array, encoding: ByteEncoding): string {
  if (encoding !== 'utf8') return digitsOf(bytes, encoding);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
