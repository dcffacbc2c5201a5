/**
 * The service as most want it: Argon2id for passwords, AES-256-GCM for metadata.
 */
import { AesGcmEncryptor, Argon2SecretHasher, type MasterKeys } from '@htkv/crypto';

import type { AuthOptions } from './auth-options.ts';
import { AuthService } from './auth-service.ts';
import type { AuthStore } from './auth-store.ts';

/**
 * A service over `engine`, which goes on being of use for everything else. `masterKey` has 32 bytes, or is several keys
 * of which one writes; it is copied. Throws as the encryptor does for a key of another length.
 */
export function createArgon2AesGcmAuth(
  engine: AuthStore,
  masterKey: Uint8Array | MasterKeys,
  options?: AuthOptions,
): AuthService {
  return new AuthService(engine, new Argon2SecretHasher(), new AesGcmEncryptor(masterKey), options);
}
