/**
 * The record of a user: what is stored, and what callers see of it. The hash of the password never leaves the
 * package; metadata leaves it encrypted, and is opened with `decryptUserMetadata`.
 */
import { isUserId } from './identifier.ts';
import type { PasswordForm } from './password.ts';
import { decodeRecord, encodeRecord } from './record-codec.ts';

/** A user as callers see it. Times are milliseconds since the epoch. */
export interface UserRecord {
  /** `usr-` and 16 hexadecimal digits. */
  readonly userId: string;
  /** As it was given, trimmed. */
  readonly username: string;
  readonly createdAt: number;
  /** The last successful login, as exact as `lastLoginIntervalMs`; undefined before the first. */
  readonly lastLogin: number | undefined;
  /** Failed logins since the last successful one, unless they are so old that they no longer count. */
  readonly failedAttempts: number;
  /** Encrypted; undefined if there is none. */
  readonly metadata: Uint8Array | undefined;
}

/** A user as it is stored. */
export interface StoredUser {
  readonly userId: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly passwordForm: PasswordForm;
  readonly createdAt: number;
  readonly lastLogin?: number | undefined;
  readonly metadata?: Uint8Array | undefined;
}

export function encodeUser(user: StoredUser): Uint8Array {
  const { userId, username, passwordHash, passwordForm, createdAt, lastLogin, metadata } = user;
  return encodeRecord({ userId, username, passwordHash, passwordForm, createdAt, lastLogin, metadata });
}

/** Throws `AUTH_RECORD_CORRUPT` or `AUTH_RECORD_UNSUPPORTED`. */
export function decodeUser(bytes: Uint8Array): StoredUser {
  return decodeRecord(bytes, 'a user', (fields) => {
    const userId = fields.text('userId');
    if (!isUserId(userId)) fields.refuse('userId');
    const form = fields.text('passwordForm');
    return {
      userId,
      username: fields.text('username'),
      passwordHash: fields.text('passwordHash'),
      passwordForm: form === 'exact' || form === 'nfkc' ? form : fields.refuse('passwordForm'),
      createdAt: fields.count('createdAt'),
      lastLogin: fields.optionalCount('lastLogin'),
      metadata: fields.optionalBytes('metadata'),
    };
  });
}

/** What callers see of a stored user. */
export function userRecord(user: StoredUser, failedAttempts: number): UserRecord {
  const { userId, username, createdAt, lastLogin, metadata } = user;
  return { userId, username, createdAt, lastLogin, failedAttempts, metadata };
}
