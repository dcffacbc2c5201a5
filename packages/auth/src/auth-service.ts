/**
 * Users with passwords, and API keys, kept in a store. This is the whole of the package as its callers see it; each
 * part of the work has a file of its own.
 *
 * Every change is one atomic batch under conditions, so it holds on any engine that keeps the contract of batches:
 * among the threads of a process, and behind a replicated log. Reads answer at once; calls return promises because
 * hashes take time, and reject with a coded error, never with something from deep inside.
 */
import type { EnvelopeEncryptor, SecretHasher } from '@htkv/crypto';

import {
  checkId,
  type ApiKeyOptions,
  type AuthenticateOptions,
  type RotateOptions,
} from './api-key-options.ts';
import type { ApiKeyRecord } from './api-key-record.ts';
import { ApiKeys, type IssuedApiKey } from './api-keys.ts';
import { checkOptions, type AuthOptions } from './auth-options.ts';
import type { AuthStore } from './auth-store.ts';
import { kindOf, wrongType } from './failure.ts';
import { isKeyId, isUserId } from './identifier.ts';
import { apiKeyRecordName, userRecordName } from './key-space.ts';
import { openMetadata } from './metadata.ts';
import { Notes } from './notes.ts';
import { PasswordLogin } from './password-login.ts';
import type { Password } from './password.ts';
import { rewrapAll, type RewrapReport } from './rewrap.ts';
import type { ServiceParts } from './service-parts.ts';
import { StoredSecret } from './stored-secret.ts';
import { Throttle } from './throttle.ts';
import { UserAccounts } from './user-accounts.ts';
import type { UserRecord } from './user-record.ts';

const NO_OPTIONS = {};

export class AuthService {
  readonly #parts: ServiceParts;
  readonly #accounts: UserAccounts;
  readonly #login: PasswordLogin;
  readonly #apiKeys: ApiKeys;

  /**
   * A service over `engine`, which stays the caller's: this never closes it. Several services may work on one engine
   * or store at the same time, if their encryptors read the same master keys. Throws a `TypeError` or `RangeError`.
   */
  constructor(
    engine: AuthStore,
    hasher: SecretHasher,
    encryptor: EnvelopeEncryptor,
    options: AuthOptions = NO_OPTIONS,
  ) {
    requireMethod(engine, 'submitBatch', 'engine');
    requireMethod(hasher, 'verify', 'hasher');
    requireMethod(encryptor, 'decrypt', 'encryptor');
    const checked = checkOptions(options);
    this.#parts = {
      store: engine,
      hasher,
      encryptor,
      options: checked,
      secret: new StoredSecret(engine, encryptor, checked.randomBytes),
      throttle: new Throttle(engine, checked.throttle, checked.now),
      notes: new Notes(checked.onNoteFailure),
    };
    this.#accounts = new UserAccounts(this.#parts);
    this.#login = new PasswordLogin(this.#parts);
    this.#apiKeys = new ApiKeys(this.#parts);
  }

  /**
   * Makes a user; resolves when the user is on disk. Rejects with `AUTH_USERNAME_TAKEN`, `AUTH_PASSWORD_REFUSED`, or a
   * `TypeError` or `RangeError` for what cannot be a name or password. `password` is borrowed until then.
   */
  createUser(username: string, password: Password): Promise<UserRecord> {
    return this.#accounts.create(username, password, undefined);
  }

  /** The same with metadata, which is stored encrypted. Text means its UTF-8 bytes; empty means none. */
  createUserWithMetadata(
    username: string,
    password: Password,
    metadata?: string | Uint8Array,
  ): Promise<UserRecord> {
    return this.#accounts.create(username, password, metadata);
  }

  /** The user with that name, in whatever case; `undefined` if there is none. */
  findUser(username: string): Promise<UserRecord | undefined> {
    return this.#accounts.byName(username);
  }

  async getUser(userId: string): Promise<UserRecord | undefined> {
    checkId(userId, 'userId');
    return this.#accounts.byId(userId);
  }

  /** All users, in the order of their ids. O(users). */
  listUsers(): Promise<UserRecord[]> {
    return this.#accounts.list();
  }

  /** Deletes a user with all API keys, as one batch; false if there is no such user. The id is never used again. */
  async deleteUser(userId: string): Promise<boolean> {
    checkId(userId, 'userId');
    return this.#accounts.delete(userId);
  }

  /**
   * Whether `password` is that of the user with that name. An unknown name, and text that cannot be a name or password,
   * are false. Rejects with `AUTH_THROTTLED` after too many failures under the name, whether or not a user has it.
   */
  verifyPassword(username: string, password: Password): Promise<boolean> {
    return this.#login.verify(username, password);
  }

  /**
   * Replaces the password if `oldPassword` is right, which counts and is throttled like a login; false otherwise. API
   * keys stay valid. Rejects like {@link verifyPassword}, and for the new password like {@link createUser}.
   */
  changePassword(username: string, oldPassword: Password, newPassword: Password): Promise<boolean> {
    return this.#login.change(username, oldPassword, newPassword);
  }

  /**
   * Replaces the password without a look at the old one, for whoever answers for the store, and forgets failed logins;
   * false if there is no such user. API keys stay valid. Rejects for the new password like {@link createUser}.
   */
  async resetPassword(userId: string, newPassword: Password): Promise<boolean> {
    checkId(userId, 'userId');
    return this.#accounts.resetPassword(userId, newPassword);
  }

  /**
   * Makes an API key of a user. The token is in the result and nowhere else: the store has a keyed hash of it. Rejects
   * with `AUTH_USER_NOT_FOUND`.
   */
  createApiKey(userId: string, label?: string, options?: ApiKeyOptions): Promise<IssuedApiKey> {
    return this.createApiKeyWithMetadata(userId, label, undefined, options);
  }

  /** The same with metadata, which is stored encrypted. Text means its UTF-8 bytes; empty means none. */
  async createApiKeyWithMetadata(
    userId: string,
    label?: string,
    metadata?: string | Uint8Array,
    options: ApiKeyOptions = NO_OPTIONS,
  ): Promise<IssuedApiKey> {
    checkId(userId, 'userId');
    return this.#apiKeys.create(userId, label, metadata, options);
  }

  /**
   * The key that `token` belongs to; `undefined` for everything else, of whatever type: junk, an unknown key, a wrong
   * secret, a key that has expired or was revoked, one without the scopes that are asked for.
   */
  authenticateApiKey(
    token: string,
    options: AuthenticateOptions = NO_OPTIONS,
  ): Promise<ApiKeyRecord | undefined> {
    return this.#apiKeys.authenticate(token, options);
  }

  /** All API keys of a user, in the order of their ids, expired ones included; none for an unknown user. */
  async listApiKeys(userId: string): Promise<ApiKeyRecord[]> {
    checkId(userId, 'userId');
    return this.#apiKeys.list(userId);
  }

  /**
   * A new token for a key. The one before stays valid for the overlap, any older one ends now. Rejects with
   * `AUTH_API_KEY_NOT_FOUND`.
   */
  async rotateApiKey(keyId: string, options: RotateOptions = NO_OPTIONS): Promise<IssuedApiKey> {
    checkId(keyId, 'keyId');
    return this.#apiKeys.rotate(keyId, options);
  }

  /** Ends a key now; false if there is no such key. */
  async revokeApiKey(keyId: string): Promise<boolean> {
    checkId(keyId, 'keyId');
    return this.#apiKeys.revoke(keyId);
  }

  /** The metadata in `user`, owned by the caller; `undefined` if there is none. Rejects with the encryptor's errors. */
  async decryptUserMetadata(user: Pick<UserRecord, 'userId' | 'metadata'>): Promise<Uint8Array | undefined> {
    if (typeof user?.userId !== 'string' || !isUserId(user.userId))
      throw wrongType('expected the record of a user');
    return openMetadata(this.#parts.encryptor, userRecordName(user.userId), user.metadata);
  }

  /** The metadata in `key`, owned by the caller; `undefined` if there is none. Rejects with the encryptor's errors. */
  async decryptApiKeyMetadata(
    key: Pick<ApiKeyRecord, 'keyId' | 'metadata'>,
  ): Promise<Uint8Array | undefined> {
    if (typeof key?.keyId !== 'string' || !isKeyId(key.keyId))
      throw wrongType('expected the record of an API key');
    return openMetadata(this.#parts.encryptor, apiKeyRecordName(key.keyId), key.metadata);
  }

  /** Brings everything encrypted under the master key that writes, without touching what is inside. O(records). */
  rewrapMetadata(): Promise<RewrapReport> {
    return rewrapAll(this.#parts.store, this.#parts.encryptor);
  }

  /** Resolves when no write that nobody waits for is under way; await it before closing the engine. */
  settled(): Promise<void> {
    return this.#parts.notes.settled();
  }
}

function requireMethod(part: unknown, method: string, name: string): void {
  const found: unknown = typeof part === 'object' && part !== null ? Reflect.get(part, method) : undefined;
  if (typeof found !== 'function')
    throw wrongType(`expected ${name} to have ${method}(), got ${kindOf(part)}`);
}
