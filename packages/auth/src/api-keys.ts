/**
 * Making, checking, rotating and revoking API keys. Checking costs microseconds: a look at the shape, one read and one
 * keyed hash. An unknown id and a wrong secret are the same from outside, in what is answered and in what is done.
 */
import { equalConstantTime } from '@htkv/crypto';
import type { SingleInput } from '@htkv/engine';

import type { ApiKeyOptions, AuthenticateOptions, RotateOptions } from './api-key-options.ts';
import {
  checkApiKeyOptions,
  checkAuthenticateOptions,
  checkLabel,
  checkRotateOptions,
} from './api-key-options.ts';
import { apiKeyRecord, decodeApiKey, encodeApiKey } from './api-key-record.ts';
import type { ApiKeyRecord, StoredApiKey, StoredSecret } from './api-key-record.ts';
import { change } from './change.ts';
import { isDue, momentAfter } from './coarse-time.ts';
import { apiKeyNotFound, userNotFound } from './failure.ts';
import { isKeyId, isUserId, newKeyId, newToken, parseToken } from './identifier.ts';
import { apiKeyKey, apiKeyRecordName, ownedKey, secretKey, userKey } from './key-space.ts';
import { metadataBytes, sealMetadata } from './metadata.ts';
import { ownedKeyIds } from './owned-keys.ts';
import type { ServiceParts } from './service-parts.ts';

/** Any time of today's length. */
const DECOY_TIME = 1_800_000_000_000;

/** A key as callers see it, and its token, which is shown only here. */
export type IssuedApiKey = [record: ApiKeyRecord, token: string];

export class ApiKeys {
  readonly #parts: ServiceParts;
  /** What a token of an unknown key is checked against. */
  readonly #decoy: Uint8Array;
  /** Keys whose use is being written down. */
  readonly #noting = new Set<string>();
  /** Until then no use is noted: a store that takes no writes is not asked again with every request. */
  #noteAgainAt = 0;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#decoy = encodeDecoy(parts.options.randomBytes);
  }

  async create(
    userId: string,
    label: string | undefined,
    metadata: unknown,
    options: ApiKeyOptions,
  ): Promise<IssuedApiKey> {
    const { store, encryptor, options: service, secret } = this.#parts;
    checkLabel(label);
    const { scopes, expiresAt } = checkApiKeyOptions(options);
    const plain = metadataBytes(metadata);
    if (!isUserId(userId)) throw userNotFound();
    const keys = await secret.keys();
    return change(store, () => {
      const owner = store.getEntry(userKey(userId));
      if (owner === undefined) throw userNotFound();
      const keyId = newKeyId(service.randomBytes);
      const token = newToken(keyId, service.randomBytes);
      const key: StoredApiKey = {
        keyId,
        ownerId: userId,
        label,
        scopes,
        createdAt: service.now(),
        expiresAt,
        lastUsed: undefined,
        metadata: sealMetadata(encryptor, apiKeyRecordName(keyId), plain),
        secrets: [{ mac: keys.tokenMac(token) }],
      };
      const writes: readonly SingleInput[] = [
        { type: 'set', key: apiKeyKey(keyId), value: encodeApiKey(key), ifAbsent: true },
        { type: 'set', key: ownedKey(userId, keyId), value: new Uint8Array(), ifAbsent: true },
        // The owner's record as it is, so that whoever deletes the owner at the same time sees this key.
        { type: 'set', key: userKey(userId), value: owner.value, ifVersion: owner.version },
      ];
      return { writes, result: [apiKeyRecord(key), token] };
    });
  }

  async authenticate(presented: unknown, options: AuthenticateOptions): Promise<ApiKeyRecord | undefined> {
    const { store, secret, options: service } = this.#parts;
    const scopes = checkAuthenticateOptions(options);
    const parsed = parseToken(presented);
    const keys = parsed === undefined ? undefined : secret.existingKeys();
    if (parsed === undefined || keys === undefined) return undefined;
    const bytes = store.get(apiKeyKey(parsed.keyId));
    const key = decodeApiKey(bytes ?? this.#decoyInstead());
    const now = service.now();
    const isGenuine = matchesOne(key.secrets, keys.tokenMac(parsed.token), now) && key.keyId === parsed.keyId;
    if (bytes === undefined || !isGenuine || hasExpired(key.expiresAt, now)) return undefined;
    if (!scopes.every((scope) => key.scopes.includes(scope))) return undefined;
    const record = apiKeyRecord(key);
    if (!isDue(key.lastUsed, now, service.lastUsedIntervalMs)) return record;
    this.#noteUse(key.keyId, now);
    return { ...record, lastUsed: now };
  }

  async rotate(keyId: string, options: RotateOptions): Promise<IssuedApiKey> {
    const { store, options: service, secret } = this.#parts;
    const overlapMs = checkRotateOptions(options, service.rotationOverlapMs);
    if (!isKeyId(keyId)) throw apiKeyNotFound();
    const keys = await secret.keys();
    return change(store, () => {
      const entry = store.getEntry(apiKeyKey(keyId));
      if (entry === undefined) throw apiKeyNotFound();
      const key = decodeApiKey(entry.value);
      const token = newToken(keyId, service.randomBytes);
      const validUntil = momentAfter(service.now(), overlapMs);
      const secrets: StoredSecret[] = [{ mac: keys.tokenMac(token) }];
      const [newest] = key.secrets;
      if (newest !== undefined && overlapMs > 0) secrets.push({ mac: newest.mac, validUntil });
      const value = encodeApiKey({ ...key, secrets });
      const writes = [{ type: 'set' as const, key: apiKeyKey(keyId), value, ifVersion: entry.version }];
      return { writes, result: [apiKeyRecord(key), token] };
    });
  }

  /** False if there is no such key. */
  revoke(keyId: string): Promise<boolean> {
    const { store } = this.#parts;
    return change(store, () => {
      const entry = isKeyId(keyId) ? store.getEntry(apiKeyKey(keyId)) : undefined;
      if (entry === undefined) return { writes: [], result: false };
      const { ownerId } = decodeApiKey(entry.value);
      const writes: readonly SingleInput[] = [
        { type: 'delete', key: apiKeyKey(keyId), ifVersion: entry.version },
        { type: 'delete', key: ownedKey(ownerId, keyId) },
      ];
      return { writes, result: true };
    });
  }

  async list(userId: string): Promise<ApiKeyRecord[]> {
    const { store } = this.#parts;
    if (!isUserId(userId)) return [];
    return ownedKeyIds(store, userId).flatMap((keyId) => {
      const bytes = store.get(apiKeyKey(keyId));
      // Between the two reads another thread may have revoked the key.
      return bytes === undefined ? [] : [apiKeyRecord(decodeApiKey(bytes))];
    });
  }

  /** What a miss would lack is made up for: the copy that a read makes of what it finds. */
  #decoyInstead(): Uint8Array {
    this.#parts.store.get(secretKey());
    return this.#decoy;
  }

  /** Nobody waits for this; while it is under way for a key, further uses of the key are not noted. */
  #noteUse(keyId: string, now: number): void {
    if (this.#noting.has(keyId) || now < this.#noteAgainAt) return;
    this.#noting.add(keyId);
    const { store, notes, options } = this.#parts;
    const write = (): Promise<void> =>
      change(
        store,
        () => {
          const entry = store.getEntry(apiKeyKey(keyId));
          const key = entry === undefined ? undefined : decodeApiKey(entry.value);
          if (
            entry === undefined ||
            key === undefined ||
            !isDue(key.lastUsed, now, options.lastUsedIntervalMs)
          ) {
            return { writes: [], result: undefined };
          }
          const value = encodeApiKey({ ...key, lastUsed: now });
          const set: SingleInput = { type: 'set', key: apiKeyKey(keyId), value, ifVersion: entry.version };
          return { writes: [set], result: undefined };
        },
        'memory',
      );
    notes.begin(async () => {
      if (!(await notes.make(write))) this.#noteAgainAt = now + options.lastUsedIntervalMs;
      this.#noting.delete(keyId);
    });
  }
}

/** Whether the hash is that of a token which is still valid. Every token is compared, in constant time. */
function matchesOne(secrets: readonly StoredSecret[], mac: Uint8Array, now: number): boolean {
  let isMatch = false;
  for (const secret of secrets) {
    const isEqual = equalConstantTime(secret.mac, mac);
    if (isEqual && !hasExpired(secret.validUntil, now)) isMatch = true;
  }
  return isMatch;
}

function hasExpired(deadline: number | undefined, now: number): boolean {
  return deadline !== undefined && now >= deadline;
}

function encodeDecoy(randomBytes: (count: number) => Uint8Array): Uint8Array {
  const mac = new Uint8Array(randomBytes(32));
  return encodeApiKey({
    keyId: 'key-0000000000000000',
    ownerId: 'usr-0000000000000000',
    label: 'decoy',
    scopes: ['none'],
    createdAt: DECOY_TIME,
    expiresAt: undefined,
    lastUsed: DECOY_TIME,
    metadata: undefined,
    secrets: [{ mac }],
  });
}
