/**
 * Envelopes with XChaCha20-Poly1305: for those who want neither AES nor native code.
 */

import { EnvelopeCipher } from './envelope-cipher.ts';
import type { MasterKeys } from './key-set.ts';
import { xchacha20Poly1305 } from './xchacha20-poly1305.ts';

export class XChaCha20Poly1305Encryptor extends EnvelopeCipher {
  /**
   * `masterKeys` is one key of 32 bytes, or several of which one writes; they are copied. Throws `CRYPTO_KEY_INVALID`
   * for a key of another length, and a `TypeError` for anything that is no key.
   */
  constructor(masterKeys: Uint8Array | MasterKeys) {
    super(xchacha20Poly1305, masterKeys);
  }
}
