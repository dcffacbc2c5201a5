/**
 * Envelopes with AES-256-GCM: the fast choice, on the runtime's own implementation.
 */

import { aesGcm } from './aes-gcm.ts';
import { EnvelopeCipher } from './envelope-cipher.ts';
import type { MasterKeys } from './key-set.ts';

export class AesGcmEncryptor extends EnvelopeCipher {
  /**
   * `masterKeys` is one key of 32 bytes, or several of which one writes; they are copied. Throws `CRYPTO_KEY_INVALID`
   * for a key of another length, and a `TypeError` for anything that is no key.
   */
  constructor(masterKeys: Uint8Array | MasterKeys) {
    super(aesGcm, masterKeys);
  }
}
