/**
 * Where everything lies: all keys begin with `auth/`.
 *
 *     auth/user/<user id>                       the record of a user
 *     auth/user_by_name/<normalised name>       the user's id, as text
 *     auth/apikey/<key id>                      the record of an API key
 *     auth/apikey_by_user/<user id>/<key id>    empty; says whose keys there are
 *     auth/attempts/<64 hex>                    failed logins of one name, known or not; the name is hashed with a key
 *     auth/secret                               what the hashing keys are derived from, encrypted
 *
 * The key of a record is also what its encrypted fields are bound to.
 */

const encoder = new TextEncoder();

export const USER_PREFIX: Uint8Array = encoder.encode('auth/user/');
export const API_KEY_PREFIX: Uint8Array = encoder.encode('auth/apikey/');
/** Text, because an encrypted field is bound to it. */
export const SECRET_RECORD = 'auth/secret';

/** The record of a user, as text: what its encrypted fields are bound to. */
export function userRecordName(userId: string): string {
  return `auth/user/${userId}`;
}

/** The record of an API key, as text: what its encrypted fields are bound to. */
export function apiKeyRecordName(keyId: string): string {
  return `auth/apikey/${keyId}`;
}

export function userKey(userId: string): Uint8Array {
  return encoder.encode(userRecordName(userId));
}

/** `indexName` is normalised; see `username.ts`. */
export function userNameKey(indexName: string): Uint8Array {
  return encoder.encode(`auth/user_by_name/${indexName}`);
}

export function apiKeyKey(keyId: string): Uint8Array {
  return encoder.encode(apiKeyRecordName(keyId));
}

/** Begins the index entries of one user's API keys. */
export function ownedPrefix(userId: string): Uint8Array {
  return encoder.encode(`auth/apikey_by_user/${userId}/`);
}

export function ownedKey(userId: string, keyId: string): Uint8Array {
  return encoder.encode(`auth/apikey_by_user/${userId}/${keyId}`);
}

/** `nameTag` is a keyed hash in hexadecimal. */
export function attemptsKey(nameTag: string): Uint8Array {
  return encoder.encode(`auth/attempts/${nameTag}`);
}

export function secretKey(): Uint8Array {
  return encoder.encode(SECRET_RECORD);
}
