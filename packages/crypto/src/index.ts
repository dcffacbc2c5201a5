export type { EncryptionContext, EnvelopeEncryptor } from './envelope-encryptor.ts';
export { equalConstantTime } from './equal-constant-time.ts';
export type { SecretHasher } from './secret-hasher.ts';
