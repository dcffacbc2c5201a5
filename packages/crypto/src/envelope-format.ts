/**
 * The bytes of an envelope, specified in `docs/crypto.md`: a header of fixed length, then the ciphertext.
 *
 *   offset  bytes
 *        0      1  format version, 1
 *        1      1  algorithm
 *        2      8  id of the master key
 *       10     32  salt of the wrapping key
 *       42     48  data key, wrapped: 32 bytes of ciphertext and the tag
 *       90     32  commitment to the data key
 *      122      *  ciphertext, then its tag of 16 bytes
 *
 * Decoding believes nothing: it checks length, version and algorithm, and copies nothing.
 */

import { CodedError } from '@htkv/base';
import { TAG_BYTES } from './aead.ts';
import { checkBytes } from './check-options.ts';
import { KEY_BYTES, KEY_ID_BYTES } from './key-ring.ts';

export const ENVELOPE_VERSION = 1;
export const SALT_BYTES = 32;
export const COMMITMENT_BYTES = 32;

const keyIdOffset = 2;
const saltOffset = keyIdOffset + KEY_ID_BYTES;
const wrappedKeyOffset = saltOffset + SALT_BYTES;
const commitmentOffset = wrappedKeyOffset + KEY_BYTES + TAG_BYTES;
const ciphertextOffset = commitmentOffset + COMMITMENT_BYTES;

/** How many bytes an envelope is longer than its plaintext: 138. */
export const ENVELOPE_OVERHEAD_BYTES: number = ciphertextOffset + TAG_BYTES;

/** The parts of an envelope. As decoded they are views of it. */
export interface Envelope {
  /** Eight bytes. */
  readonly keyId: Uint8Array;
  readonly salt: Uint8Array;
  readonly wrappedKey: Uint8Array;
  readonly commitment: Uint8Array;
  /** With its tag. */
  readonly ciphertext: Uint8Array;
}

/** Returns new bytes. The parts have the lengths of the format. */
export function encodeEnvelope(algorithm: number, parts: Envelope): Uint8Array {
  const envelope = new Uint8Array(ciphertextOffset + parts.ciphertext.byteLength);
  envelope[0] = ENVELOPE_VERSION;
  envelope[1] = algorithm;
  envelope.set(parts.keyId, keyIdOffset);
  envelope.set(parts.salt, saltOffset);
  envelope.set(parts.wrappedKey, wrappedKeyOffset);
  envelope.set(parts.commitment, commitmentOffset);
  envelope.set(parts.ciphertext, ciphertextOffset);
  return envelope;
}

/** Returns views of `envelope`. Throws `CRYPTO_ENVELOPE_MALFORMED` unless it has the form, and this algorithm. */
export function decodeEnvelope(algorithm: number, envelope: Uint8Array): Envelope {
  checkBytes('an envelope', envelope);
  if (envelope.byteLength < ENVELOPE_OVERHEAD_BYTES) {
    throw malformed(`at least ${ENVELOPE_OVERHEAD_BYTES} bytes`, envelope.byteLength);
  }
  if (envelope[0] !== ENVELOPE_VERSION) throw malformed(`version ${ENVELOPE_VERSION}`, envelope[0]);
  if (envelope[1] !== algorithm) throw malformed(`algorithm ${algorithm}`, envelope[1]);
  return {
    keyId: envelope.subarray(keyIdOffset, saltOffset),
    salt: envelope.subarray(saltOffset, wrappedKeyOffset),
    wrappedKey: envelope.subarray(wrappedKeyOffset, commitmentOffset),
    commitment: envelope.subarray(commitmentOffset, ciphertextOffset),
    ciphertext: envelope.subarray(ciphertextOffset),
  };
}

function malformed(expected: string, actual: number | undefined): CodedError {
  return new CodedError('CRYPTO_ENVELOPE_MALFORMED', `expected an envelope with ${expected}, got ${actual}`, {
    details: { expected, actual },
  });
}
