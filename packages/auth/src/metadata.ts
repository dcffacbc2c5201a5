/**
 * Metadata on its way in and out: encrypted before it becomes part of a record, bound to that record, so that it does
 * not open in another one.
 */
import type { EncryptionContext, EnvelopeEncryptor } from '@htkv/crypto';

import { kindOf, outOfRange, wrongType } from './failure.ts';

/** Most metadata of one record, in bytes before encryption. */
export const METADATA_BYTES_MAX = 1_048_576;

const encoder = new TextEncoder();

/** The bytes of metadata as given, text as UTF-8; `undefined` if there is none. Throws a `TypeError` or `RangeError`. */
export function metadataBytes(metadata: unknown): Uint8Array | undefined {
  if (metadata === undefined) return undefined;
  if (typeof metadata !== 'string' && !(metadata instanceof Uint8Array)) {
    throw wrongType(`expected metadata to be a string or a Uint8Array, got ${kindOf(metadata)}`);
  }
  const bytes = typeof metadata === 'string' ? encoder.encode(metadata) : metadata;
  if (bytes.length > METADATA_BYTES_MAX) {
    throw outOfRange(`expected metadata of at most ${METADATA_BYTES_MAX} bytes, got ${bytes.length}`);
  }
  return bytes.length === 0 ? undefined : bytes;
}

/** What the metadata of a record is bound to. */
export function metadataContext(record: string): EncryptionContext {
  return { record, field: 'metadata' };
}

/** The envelope to store; `undefined` for no metadata. */
export function sealMetadata(
  encryptor: EnvelopeEncryptor,
  record: string,
  bytes: Uint8Array | undefined,
): Uint8Array | undefined {
  return bytes === undefined ? undefined : encryptor.encrypt(bytes, metadataContext(record));
}

/** The metadata, owned by the caller; `undefined` for no envelope. Throws the encryptor's coded errors. */
export function openMetadata(
  encryptor: EnvelopeEncryptor,
  record: string,
  envelope: unknown,
): Uint8Array | undefined {
  if (envelope === undefined) return undefined;
  if (envelope instanceof Uint8Array) return encryptor.decrypt(envelope, metadataContext(record));
  throw wrongType(`expected encrypted metadata to be a Uint8Array, got ${kindOf(envelope)}`);
}
