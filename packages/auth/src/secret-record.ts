/**
 * The record of the secret that the hashing keys are derived from, encrypted by the envelope encryptor.
 */
import { decodeRecord, encodeRecord } from './record-codec.ts';

export function encodeSecret(envelope: Uint8Array): Uint8Array {
  return encodeRecord({ envelope });
}

/** The envelope. Throws `AUTH_RECORD_CORRUPT` or `AUTH_RECORD_UNSUPPORTED`. */
export function decodeSecret(bytes: Uint8Array): Uint8Array {
  return decodeRecord(bytes, 'the secret', (fields) => fields.bytes('envelope'));
}
