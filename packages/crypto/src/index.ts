export type { SecretHasher } from './secret-hasher.ts';
export type { Argon2Options } from './argon2-secret-hasher.ts';
export { Argon2SecretHasher } from './argon2-secret-hasher.ts';
export type { BcryptOptions } from './bcrypt-secret-hasher.ts';
export { BCRYPT_SECRET_BYTES_MAX, BcryptSecretHasher } from './bcrypt-secret-hasher.ts';
export type { RecognizingSecretHasher } from './migrating-secret-hasher.ts';
export { MigratingSecretHasher } from './migrating-secret-hasher.ts';
export type { ScryptOptions } from './scrypt-secret-hasher.ts';
export { ScryptSecretHasher } from './scrypt-secret-hasher.ts';
export { SECRET_BYTES_MAX } from './secret-bytes.ts';
export type { WaitingLineOptions } from './waiting-line.ts';

export type { EncryptionContext, EnvelopeEncryptor } from './envelope-encryptor.ts';
export { AesGcmEncryptor } from './aes-gcm-encryptor.ts';
export { ENVELOPE_OVERHEAD_BYTES } from './envelope-format.ts';
export { XChaCha20Poly1305Encryptor } from './xchacha20-poly1305-encryptor.ts';

export type { KeySet, MasterKeys, Peppers } from './key-set.ts';
export { masterKeyId } from './master-key-id.ts';

export { equalConstantTime } from './equal-constant-time.ts';
