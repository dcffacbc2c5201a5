/**
 * The id under which envelopes name a master key, for those who look after keys.
 */

import { idOf, secretKey } from './key-ring.ts';

/**
 * Returns 16 hexadecimal digits that are derived from the key and give nothing away about a random one. Throws
 * `CRYPTO_KEY_INVALID` unless it has 32 bytes.
 */
export function masterKeyId(masterKey: Uint8Array): string {
  return idOf(secretKey(masterKey), 'master-key');
}
