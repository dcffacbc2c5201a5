/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) in JavaScript: no tables that a cache could betray, no AES hardware
 * needed, a nonce of 24 bytes. The runtime has no implementation of its own.
 */

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { Aead } from './aead.ts';

export const xchacha20Poly1305: Aead = {
  code: 2,
  name: 'xchacha20-poly1305',
  nonceBytes: 24,

  seal(key, nonce, plaintext, associatedData) {
    return xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext);
  },

  open(key, nonce, ciphertext, associatedData) {
    try {
      return xchacha20poly1305(key, nonce, associatedData).decrypt(ciphertext);
    } catch {
      return undefined;
    }
  },
};
