/**
 * Authenticated encryption with associated data, as the envelopes use it. The ciphertext ends with a tag of 16 bytes.
 *
 * Keys and nonces come from the caller, who guarantees that no pair of them is ever used for two messages.
 */

/** One algorithm. All byte strings are borrowed for the call; results are owned by the caller. */
export interface Aead {
  /** The byte that stands for the algorithm in an envelope. */
  readonly code: number;
  /** The name that enters key derivation. */
  readonly name: string;
  readonly nonceBytes: number;

  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array;

  /** The plaintext, or `undefined` if the tag does not match. `ciphertext` has at least 16 bytes. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    associatedData: Uint8Array,
  ): Uint8Array | undefined;
}

/** Bytes of the tag, which every algorithm here has. */
export const TAG_BYTES = 16;
