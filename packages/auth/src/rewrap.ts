/**
 * After a new master key has begun to write: brings every envelope of the store under it, record by record, while the
 * store is in use. When it is done, the old master key opens nothing here any more and may go.
 */
import type { EnvelopeEncryptor } from '@htkv/crypto';

import { decodeApiKey, encodeApiKey } from './api-key-record.ts';
import type { AuthStore } from './auth-store.ts';
import { change } from './change.ts';
import { API_KEY_PREFIX, apiKeyRecordName, secretKey, USER_PREFIX, userRecordName } from './key-space.ts';
import { metadataContext } from './metadata.ts';
import { decodeSecret, encodeSecret } from './secret-record.ts';
import { SECRET_CONTEXT } from './stored-secret.ts';
import { decodeUser, encodeUser } from './user-record.ts';

export interface RewrapReport {
  /** Records looked at. */
  readonly examined: number;
  /** Records whose envelope was under another master key than the one that writes. */
  readonly rewrapped: number;
}

/** The record with its envelope rewrapped, as bytes; `undefined` where there is nothing to do. */
type Rewrap = (bytes: Uint8Array) => Uint8Array | undefined;

/** Resolves when every record is under the key that writes, and on disk. Rejects as store and encryptor do. */
export async function rewrapAll(store: AuthStore, encryptor: EnvelopeEncryptor): Promise<RewrapReport> {
  const under = (envelope: Uint8Array | undefined, record: string): Uint8Array | undefined =>
    envelope === undefined || !encryptor.needsRewrap(envelope)
      ? undefined
      : encryptor.rewrap(envelope, metadataContext(record));
  const ofUser: Rewrap = (bytes) => {
    const user = decodeUser(bytes);
    const metadata = under(user.metadata, userRecordName(user.userId));
    return metadata === undefined ? undefined : encodeUser({ ...user, metadata });
  };
  const ofApiKey: Rewrap = (bytes) => {
    const key = decodeApiKey(bytes);
    const metadata = under(key.metadata, apiKeyRecordName(key.keyId));
    return metadata === undefined ? undefined : encodeApiKey({ ...key, metadata });
  };
  const ofSecret: Rewrap = (bytes) => {
    const envelope = decodeSecret(bytes);
    return encryptor.needsRewrap(envelope)
      ? encodeSecret(encryptor.rewrap(envelope, SECRET_CONTEXT))
      : undefined;
  };
  const work: readonly (readonly [key: Uint8Array, rewrap: Rewrap])[] = [
    [secretKey(), ofSecret],
    ...store.getPrefix(USER_PREFIX).map(([key]) => [key, ofUser] as const),
    ...store.getPrefix(API_KEY_PREFIX).map(([key]) => [key, ofApiKey] as const),
  ];
  let rewrapped = 0;
  for (const [key, rewrap] of work) if (await rewrapRecord(store, key, rewrap)) rewrapped += 1;
  return { examined: work.length, rewrapped };
}

function rewrapRecord(store: AuthStore, key: Uint8Array, rewrap: Rewrap): Promise<boolean> {
  return change(store, () => {
    const entry = store.getEntry(key);
    const value = entry === undefined ? undefined : rewrap(entry.value);
    if (entry === undefined || value === undefined) return { writes: [], result: false };
    return { writes: [{ type: 'set', key, value, ifVersion: entry.version }], result: true };
  });
}
