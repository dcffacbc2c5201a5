export type { ApiKeyOptions, AuthenticateOptions, RotateOptions } from './api-key-options.ts';
export { LABEL_BYTES_MAX, SCOPE_BYTES_MAX, SCOPES_MAX } from './api-key-options.ts';
export type { ApiKeyRecord } from './api-key-record.ts';
export type { IssuedApiKey } from './api-keys.ts';
export { createArgon2AesGcmAuth } from './argon2-aes-gcm-auth.ts';
export type { AuthOptions, ThrottleOptions } from './auth-options.ts';
export { AuthService } from './auth-service.ts';
export type { AuthStore } from './auth-store.ts';
export type { RandomBytes } from './identifier.ts';
export { METADATA_BYTES_MAX } from './metadata.ts';
export type { Password, PasswordForm } from './password.ts';
export { PASSWORD_BYTES_MAX } from './password.ts';
export type { RewrapReport } from './rewrap.ts';
export { readUsers } from './user-lookup.ts';
export type { UserRecord } from './user-record.ts';
export { USERNAME_BYTES_MAX } from './username.ts';

// What callers meet of the hashers and encryptors.
export type { EnvelopeEncryptor, MasterKeys, SecretHasher } from '@htkv/crypto';
