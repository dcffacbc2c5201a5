/**
 * Envelope encryption over one algorithm: master key, wrapped data key, field.
 *
 * A data key is random and encrypts one message. A wrapping key is derived from the master key with a random salt of
 * 32 bytes and encrypts one data key. Key and nonce are derived together from these, so no pair of them is used twice
 * while the random source does not repeat 256 bits, and no number of messages wears a master key out.
 *
 * None of the algorithms commits to its key: bytes can be made that decrypt under two. So an envelope holds a value
 * that is derived from the data key beside the encryption key, and is compared before anything is decrypted.
 *
 * The context is bound to the wrapped key and to the ciphertext. Bytes and derivations: `docs/crypto.md`.
 */

import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { CodedError, toHex } from '@htkv/base';
import type { Aead } from './aead.ts';
import { checkBytes } from './check-options.ts';
import { associatedDataOf } from './encryption-context.ts';
import type { EncryptionContext, EnvelopeEncryptor } from './envelope-encryptor.ts';
import {
  COMMITMENT_BYTES,
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  ENVELOPE_VERSION,
  SALT_BYTES,
} from './envelope-format.ts';
import { equalConstantTime } from './equal-constant-time.ts';
import { deriveBytes } from './key-derivation.ts';
import { KEY_BYTES, KeyRing } from './key-ring.ts';
import type { MasterKeys } from './key-set.ts';

/** Key and nonce for one message, and what commits to the key that they come from. Cleared after use. */
interface MessageKeys {
  readonly all: Uint8Array;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly commitment: Uint8Array;
}

export class EnvelopeCipher implements EnvelopeEncryptor {
  readonly #aead: Aead;
  readonly #masterKeys: KeyRing;

  constructor(aead: Aead, masterKeys: Uint8Array | MasterKeys) {
    this.#aead = aead;
    this.#masterKeys = new KeyRing(masterKeys, 'master-key');
  }

  encrypt(plaintext: Uint8Array, context: EncryptionContext): Uint8Array {
    checkBytes('a plaintext', plaintext);
    const associatedData = this.#associatedData(context);
    const dataKey = randomFillSync(new Uint8Array(KEY_BYTES));
    const keys = this.#dataKeys(dataKey);
    const envelope = encodeEnvelope(this.#aead.code, {
      ...this.#wrap(dataKey, associatedData),
      commitment: keys.commitment,
      ciphertext: this.#aead.seal(keys.key, keys.nonce, plaintext, associatedData),
    });
    keys.all.fill(0);
    dataKey.fill(0);
    return envelope;
  }

  decrypt(envelope: Uint8Array, context: EncryptionContext): Uint8Array {
    const parts = decodeEnvelope(this.#aead.code, envelope);
    const associatedData = this.#associatedData(context);
    const dataKey = this.#unwrap(parts, associatedData);
    const keys = this.#committedKeys(dataKey, parts);
    dataKey.fill(0);
    const plaintext = this.#aead.open(keys.key, keys.nonce, parts.ciphertext, associatedData);
    keys.all.fill(0);
    if (plaintext === undefined) throw decryptFailed();
    return plaintext;
  }

  keyId(envelope: Uint8Array): string {
    return toHex(decodeEnvelope(this.#aead.code, envelope).keyId);
  }

  needsRewrap(envelope: Uint8Array): boolean {
    return this.keyId(envelope) !== this.#masterKeys.writingId;
  }

  rewrap(envelope: Uint8Array, context: EncryptionContext): Uint8Array {
    const parts = decodeEnvelope(this.#aead.code, envelope);
    const associatedData = this.#associatedData(context);
    const dataKey = this.#unwrap(parts, associatedData);
    this.#committedKeys(dataKey, parts).all.fill(0);
    const rewrapped = encodeEnvelope(this.#aead.code, { ...parts, ...this.#wrap(dataKey, associatedData) });
    dataKey.fill(0);
    return rewrapped;
  }

  #associatedData(context: EncryptionContext): Uint8Array {
    return associatedDataOf(ENVELOPE_VERSION, this.#aead.code, context);
  }

  #wrap(dataKey: Uint8Array, associatedData: Uint8Array): Pick<Envelope, 'keyId' | 'salt' | 'wrappedKey'> {
    const salt = randomFillSync(new Uint8Array(SALT_BYTES));
    const keys = this.#messageKeys(this.#masterKeys.writingKey, 'wrap', salt);
    const wrappedKey = this.#aead.seal(keys.key, keys.nonce, dataKey, associatedData);
    keys.all.fill(0);
    return { keyId: Uint8Array.from(Buffer.from(this.#masterKeys.writingId, 'hex')), salt, wrappedKey };
  }

  #unwrap({ keyId, salt, wrappedKey }: Envelope, associatedData: Uint8Array): Uint8Array {
    const keys = this.#messageKeys(this.#masterKeys.get(toHex(keyId)), 'wrap', salt);
    const dataKey = this.#aead.open(keys.key, keys.nonce, wrappedKey, associatedData);
    keys.all.fill(0);
    if (dataKey === undefined) throw decryptFailed();
    return dataKey;
  }

  /** The keys of the ciphertext. Throws unless the envelope was made with this data key. */
  #committedKeys(dataKey: Uint8Array, { commitment }: Envelope): MessageKeys {
    const keys = this.#dataKeys(dataKey);
    if (!equalConstantTime(keys.commitment, commitment)) {
      keys.all.fill(0);
      dataKey.fill(0);
      throw decryptFailed();
    }
    return keys;
  }

  #dataKeys(dataKey: Uint8Array): MessageKeys {
    return this.#messageKeys(createSecretKey(dataKey), 'data');
  }

  #messageKeys(source: KeyObject, purpose: 'wrap' | 'data', salt?: Uint8Array): MessageKeys {
    const { name, nonceBytes } = this.#aead;
    const commitmentOffset = KEY_BYTES + nonceBytes;
    const bytes = commitmentOffset + COMMITMENT_BYTES;
    const all = deriveBytes(source, `envelope/${ENVELOPE_VERSION}/${purpose}/${name}`, bytes, salt);
    return {
      all,
      key: all.subarray(0, KEY_BYTES),
      nonce: all.subarray(KEY_BYTES, commitmentOffset),
      commitment: all.subarray(commitmentOffset),
    };
  }
}

/** One error for every way to fail, so that nobody learns which check an envelope did not pass. */
function decryptFailed(): CodedError {
  return new CodedError(
    'CRYPTO_DECRYPT_FAILED',
    'expected an envelope of this record and field, unchanged since it was encrypted',
  );
}
