/**
 * Making, finding, listing and deleting users, and giving them a password that nobody asked them for. Record and name are written together and only where there are none, so
 * of several who want one name exactly one gets it, and a crash leaves neither without the other.
 */
import type { SingleInput } from '@htkv/engine';

import { change } from './change.ts';
import { passwordRefused, usernameTaken } from './failure.ts';
import { newUserId } from './identifier.ts';
import { apiKeyKey, ownedKey, userKey, userNameKey, userRecordName } from './key-space.ts';
import { metadataBytes, sealMetadata } from './metadata.ts';
import { ownedKeyIds } from './owned-keys.ts';
import { newPasswordBytes, type Password } from './password.ts';
import type { ServiceParts } from './service-parts.ts';
import { allUsers, userById, userByName } from './user-lookup.ts';
import { decodeUser, encodeUser, userRecord, type StoredUser, type UserRecord } from './user-record.ts';
import { checkUsername, lookUpName } from './username.ts';

export class UserAccounts {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async create(username: string, password: Password, metadata: unknown): Promise<UserRecord> {
    const { store, hasher, encryptor, options, secret, throttle } = this.#parts;
    const { shown, indexed } = checkUsername(username);
    const bytes = newPasswordBytes(password, options.passwordForm);
    const plain = metadataBytes(metadata);
    if (await options.isKnownBadPassword(password, shown)) throw passwordRefused();
    const nameKey = userNameKey(indexed);
    // A first look, to spare the hash; the condition on the write is what decides.
    if (store.get(nameKey) !== undefined) throw usernameTaken();
    const nameTag = (await secret.keys()).nameTag(indexed);
    const passwordHash = await hasher.hash(bytes);
    return change(store, () => {
      if (store.get(nameKey) !== undefined) throw usernameTaken();
      const userId = newUserId(options.randomBytes);
      const user: StoredUser = {
        userId,
        username: shown,
        passwordHash,
        passwordForm: options.passwordForm,
        createdAt: options.now(),
        metadata: sealMetadata(encryptor, userRecordName(userId), plain),
      };
      const writes: readonly SingleInput[] = [
        { type: 'set', key: nameKey, value: new TextEncoder().encode(userId), ifAbsent: true },
        { type: 'set', key: userKey(userId), value: encodeUser(user), ifAbsent: true },
        // Whoever tried the name before it had a user must not keep that user waiting.
        ...throttle.forget(nameTag),
      ];
      return { writes, result: userRecord(user, 0) };
    });
  }

  async byId(userId: string): Promise<UserRecord | undefined> {
    const user = userById(this.#parts.store, userId);
    return user === undefined ? undefined : this.#seen(user);
  }

  async byName(username: string): Promise<UserRecord | undefined> {
    const name = lookUpName(username);
    const user = name === undefined ? undefined : userByName(this.#parts.store, name);
    return user === undefined ? undefined : this.#seen(user);
  }

  async list(): Promise<UserRecord[]> {
    return allUsers(this.#parts.store).map((user) => this.#seen(user));
  }

  /** Deletes the user, the name and all API keys of the user as one batch. False if there is no such user. */
  delete(userId: string): Promise<boolean> {
    const { store } = this.#parts;
    return change(store, () => {
      const user = userById(store, userId);
      if (user === undefined) return { writes: [], result: false };
      const key = userKey(userId);
      // Making an API key rewrites its owner's record, so this condition also says that the list of keys is complete.
      const ifVersion = store.getEntry(key)?.version;
      const name = lookUpName(user.username);
      const writes: SingleInput[] = [{ type: 'delete', key, ifVersion, ifPresent: true }];
      if (name !== undefined) writes.push({ type: 'delete', key: userNameKey(name) });
      for (const keyId of ownedKeyIds(store, userId)) {
        writes.push(
          { type: 'delete', key: apiKeyKey(keyId) },
          { type: 'delete', key: ownedKey(userId, keyId) },
        );
      }
      return { writes, result: true };
    });
  }

  /** Whatever happens to the user at the same time, this password is in force afterwards. */
  async resetPassword(userId: string, password: Password): Promise<boolean> {
    const { store, hasher, options, secret, throttle } = this.#parts;
    const bytes = newPasswordBytes(password, options.passwordForm);
    const user = userById(store, userId);
    if (user === undefined) return false;
    if (await options.isKnownBadPassword(password, user.username)) throw passwordRefused();
    const name = lookUpName(user.username);
    const nameTag = name === undefined ? undefined : (await secret.keys()).nameTag(name);
    const passwordHash = await hasher.hash(bytes);
    return change(store, () => {
      const key = userKey(userId);
      const entry = store.getEntry(key);
      if (entry === undefined) return { writes: [], result: false };
      const value = encodeUser({
        ...decodeUser(entry.value),
        passwordHash,
        passwordForm: options.passwordForm,
      });
      const writes: readonly SingleInput[] = [
        { type: 'set', key, value, ifVersion: entry.version },
        ...(nameTag === undefined ? [] : throttle.forget(nameTag)),
      ];
      return { writes, result: true };
    });
  }

  #seen(user: StoredUser): UserRecord {
    const name = lookUpName(user.username);
    const keys = this.#parts.secret.existingKeys();
    if (name === undefined || keys === undefined) return userRecord(user, 0);
    return userRecord(user, this.#parts.throttle.failures(keys.nameTag(name)));
  }
}
