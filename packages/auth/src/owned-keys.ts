/**
 * The index that says which API keys a user has.
 */
import type { AuthStore } from './auth-store.ts';
import { recordCorrupt } from './failure.ts';
import { isKeyId } from './identifier.ts';
import { ownedPrefix } from './key-space.ts';

const decoder = new TextDecoder();

/** Ids of the API keys of a user, in order. O(keys of the user). */
export function ownedKeyIds(store: AuthStore, userId: string): string[] {
  const prefix = ownedPrefix(userId);
  return store.getPrefix(prefix).map(([key]) => {
    const keyId = decoder.decode(key.subarray(prefix.length));
    if (!isKeyId(keyId)) throw recordCorrupt('a list of API keys', 'no id of a key');
    return keyId;
  });
}
