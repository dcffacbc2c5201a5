/**
 * What encrypts a field so that it can only be read at its own place and under one of the known master keys.
 *
 * Each envelope has a data key of its own, which lies in the envelope wrapped by a master key. The bytes are specified
 * in `docs/crypto.md`.
 */

/** Where an envelope belongs. Bound to it as associated data: elsewhere it does not decrypt. */
export interface EncryptionContext {
  /** Names the record, such as its key. At most 65,535 bytes of UTF-8. */
  readonly record: string;
  /** Names the field of the record. At most 65,535 bytes of UTF-8. */
  readonly field: string;
}

/**
 * Encrypts, decrypts and moves envelopes between master keys. Synchronous. Every `Uint8Array` that is passed in is
 * borrowed for the call, every one that is returned is owned by the caller.
 */
export interface EnvelopeEncryptor {
  /** Returns the envelope of `plaintext`, under a new data key that the writing master key wraps. */
  encrypt(plaintext: Uint8Array, context: EncryptionContext): Uint8Array;

  /**
   * Returns the plaintext.
   *
   * Throws `CRYPTO_ENVELOPE_MALFORMED` if the bytes are no envelope of this encryptor, `CRYPTO_KEY_UNKNOWN` if none of
   * the master keys wrapped it, and `CRYPTO_DECRYPT_FAILED` if it belongs elsewhere or any bit of it was changed.
   */
  decrypt(envelope: Uint8Array, context: EncryptionContext): Uint8Array;

  /** The id of the master key that wrapped the envelope, known or not. Throws `CRYPTO_ENVELOPE_MALFORMED`. */
  keyId(envelope: Uint8Array): string;

  /** Whether another master key than the writing one wrapped the envelope. Throws `CRYPTO_ENVELOPE_MALFORMED`. */
  needsRewrap(envelope: Uint8Array): boolean;

  /**
   * Returns the envelope with its data key wrapped anew by the writing master key. The ciphertext is copied as it is
   * and not decrypted. Throws as {@link decrypt} does.
   */
  rewrap(envelope: Uint8Array, context: EncryptionContext): Uint8Array;
}
