/**
 * Reads of users. They need no master key and no hasher, so a tool that only lists users needs none either.
 */
import type { AuthStore } from './auth-store.ts';
import { recordCorrupt } from './failure.ts';
import { isUserId } from './identifier.ts';
import { USER_PREFIX, userKey, userNameKey } from './key-space.ts';
import { decodeUser, type StoredUser, type UserRecord } from './user-record.ts';

const decoder = new TextDecoder();

/** The user with that id. */
export function userById(store: AuthStore, userId: string): StoredUser | undefined {
  if (!isUserId(userId)) return undefined;
  const bytes = store.get(userKey(userId));
  return bytes === undefined ? undefined : decodeUser(bytes);
}

/** The user with that name, in its index form. */
export function userByName(store: AuthStore, indexName: string): StoredUser | undefined {
  const bytes = store.get(userNameKey(indexName));
  if (bytes === undefined) return undefined;
  const userId = decoder.decode(bytes);
  if (!isUserId(userId)) throw recordCorrupt('a username', 'no id of a user');
  // Between the two reads another thread may have deleted the user.
  return userById(store, userId);
}

/** All users, in the order of their ids. O(users). */
export function allUsers(store: AuthStore): StoredUser[] {
  return store.getPrefix(USER_PREFIX).map(([, bytes]) => decodeUser(bytes));
}

/** All users of a store, in the order of their ids, as far as they can be shown without a master key. O(users). */
export function readUsers(
  store: Pick<AuthStore, 'getPrefix'>,
): Pick<UserRecord, 'userId' | 'username' | 'createdAt' | 'lastLogin'>[] {
  return store.getPrefix(USER_PREFIX).map(([, bytes]) => {
    const { userId, username, createdAt, lastLogin } = decodeUser(bytes);
    return { userId, username, createdAt, lastLogin };
  });
}
