/** Keys and values as callers give them. */
import { checkKey, checkValue, utf8 } from '@htkv/state';

/** Bytes, or text that stands for its UTF-8 bytes. Bytes are borrowed for the call. */
export type BytesLike = Uint8Array | string;

/** Throws a `TypeError` or `RangeError` (`VALIDATION_TYPE`, `VALIDATION_RANGE`) for anything that is not a key. */
export function keyBytes(key: BytesLike, name = 'key'): Uint8Array {
  const bytes = typeof key === 'string' ? utf8(key) : key;
  checkKey(bytes, name);
  return bytes;
}

/** Throws a `TypeError` or `RangeError` for anything that is not a value. */
export function valueBytes(value: BytesLike): Uint8Array {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  checkValue(bytes);
  return bytes;
}
