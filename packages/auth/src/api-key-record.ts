/**
 * The record of an API key: what is stored, and what callers see of it. Of the token only a keyed hash is stored, and
 * two of them while a rotation overlaps.
 */
import { isKeyId, isUserId } from './identifier.ts';
import { decodeRecord, encodeRecord } from './record-codec.ts';

/** An API key as callers see it. Times are milliseconds since the epoch. */
export interface ApiKeyRecord {
  /** `key-` and 16 hexadecimal digits; tokens of the key begin with it. */
  readonly keyId: string;
  /** The user whose key it is. */
  readonly ownerId: string;
  readonly label: string | undefined;
  /** What the key is for; a key without scopes has none, not all. */
  readonly scopes: readonly string[];
  readonly createdAt: number;
  /** From this moment on the key authenticates nobody. */
  readonly expiresAt: number | undefined;
  /** The last successful use, as exact as `lastUsedIntervalMs`; undefined before the first. */
  readonly lastUsed: number | undefined;
  /** Encrypted; undefined if there is none. */
  readonly metadata: Uint8Array | undefined;
}

/** One token that the key answers to. */
export interface StoredSecret {
  /** Keyed hash of the token, 32 bytes. */
  readonly mac: Uint8Array;
  /** From this moment on the token is no longer valid; undefined for the newest. */
  readonly validUntil?: number | undefined;
}

/** An API key as it is stored. */
export interface StoredApiKey extends ApiKeyRecord {
  /** Newest first; one, or two while a rotation overlaps. */
  readonly secrets: readonly StoredSecret[];
}

const MAC_BYTES = 32;
const SECRETS_MAX = 2;

export function encodeApiKey(key: StoredApiKey): Uint8Array {
  const { keyId, ownerId, label, scopes, createdAt, expiresAt, lastUsed, metadata } = key;
  const secrets = key.secrets.map(({ mac, validUntil }) =>
    validUntil === undefined ? { mac } : { mac, validUntil },
  );
  return encodeRecord({ keyId, ownerId, label, scopes, createdAt, expiresAt, lastUsed, metadata, secrets });
}

/** Throws `AUTH_RECORD_CORRUPT` or `AUTH_RECORD_UNSUPPORTED`. */
export function decodeApiKey(bytes: Uint8Array): StoredApiKey {
  return decodeRecord(bytes, 'an API key', (fields) => {
    const keyId = fields.text('keyId');
    if (!isKeyId(keyId)) fields.refuse('keyId');
    const ownerId = fields.text('ownerId');
    if (!isUserId(ownerId)) fields.refuse('ownerId');
    const secrets = fields.list('secrets', (secret) => {
      const mac = secret.bytes('mac');
      if (mac.length !== MAC_BYTES) secret.refuse('mac');
      return { mac, validUntil: secret.optionalCount('validUntil') };
    });
    if (secrets.length < 1 || secrets.length > SECRETS_MAX) fields.refuse('secrets');
    return {
      keyId,
      ownerId,
      label: fields.optionalText('label'),
      scopes: fields.texts('scopes'),
      createdAt: fields.count('createdAt'),
      expiresAt: fields.optionalCount('expiresAt'),
      lastUsed: fields.optionalCount('lastUsed'),
      metadata: fields.optionalBytes('metadata'),
      secrets,
    };
  });
}

/** What callers see of a stored key. */
export function apiKeyRecord(key: StoredApiKey): ApiKeyRecord {
  const { keyId, ownerId, label, scopes, createdAt, expiresAt, lastUsed, metadata } = key;
  return { keyId, ownerId, label, scopes, createdAt, expiresAt, lastUsed, metadata };
}
