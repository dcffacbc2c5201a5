/**
 * The place of a field as bytes that are bound to its envelope.
 *
 * Both names are preceded by their lengths, so that no two contexts have the same bytes.
 */

import { ArgumentRangeError, ArgumentTypeError, utf8 } from '@htkv/base';
import { kindOf } from './check-options.ts';
import type { EncryptionContext } from './envelope-encryptor.ts';

/** Most bytes of a name in a context: what two bytes can count. */
const nameBytesMax = 65_535;

/**
 * Returns what an envelope is bound to: version, algorithm, record and field. Throws a `TypeError` or `RangeError` for
 * names that are no strings, hold a lone surrogate, or are too long.
 */
export function associatedDataOf(version: number, algorithm: number, context: EncryptionContext): Uint8Array {
  if (typeof context !== 'object' || context === null) {
    throw new ArgumentTypeError(`expected a context with record and field, got ${kindOf(context)}`);
  }
  const record = nameBytes('record', context.record);
  const field = nameBytes('field', context.field);
  const bytes = new Uint8Array(6 + record.byteLength + field.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, algorithm);
  view.setUint16(2, record.byteLength);
  bytes.set(record, 4);
  view.setUint16(4 + record.byteLength, field.byteLength);
  bytes.set(field, 6 + record.byteLength);
  return bytes;
}

function nameBytes(what: string, name: unknown): Uint8Array {
  if (typeof name !== 'string') {
    throw new ArgumentTypeError(`expected the ${what} of a context as a string, got ${kindOf(name)}`);
  }
  // Lone surrogates all have the same UTF-8, so that two names would be one.
  if (!name.isWellFormed()) {
    throw new ArgumentRangeError(`expected the ${what} of a context as well-formed Unicode`);
  }
  const bytes = utf8(name);
  if (bytes.byteLength > nameBytesMax) {
    throw new ArgumentRangeError(
      `expected the ${what} of a context in at most ${nameBytesMax} bytes, got ${bytes.byteLength}`,
    );
  }
  return bytes;
}
