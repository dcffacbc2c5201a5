/**
 * Checking and changing passwords. A right password is a success whatever else happens at the same time: what is
 * noted about it gives way to other changes, and never undoes one. An unknown name and a wrong password are the same
 * from outside: the same work, the same writes, the same answer.
 */
import { errorCode, type SingleInput } from '@htkv/engine';

import { AttemptGate } from './attempt-gate.ts';
import { change } from './change.ts';
import { isDue } from './coarse-time.ts';
import { DecoyUser } from './decoy-user.ts';
import { passwordRefused, throttled } from './failure.ts';
import { userKey } from './key-space.ts';
import { newPasswordBytes, passwordBytes, type Password } from './password.ts';
import type { ServiceParts } from './service-parts.ts';
import { userByName } from './user-lookup.ts';
import { decodeUser, encodeUser, type StoredUser } from './user-record.ts';
import { lookUpName } from './username.ts';

/** Logins that wait for others under the same name hold little more than a password each. */
const WAITING_MAX = 20_000;
const SECRET_REFUSED = 'CRYPTO_SECRET_REFUSED';

export class PasswordLogin {
  readonly #parts: ServiceParts;
  readonly #decoy: DecoyUser;
  readonly #gate = new AttemptGate(WAITING_MAX);

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#decoy = new DecoyUser(parts.hasher, parts.options);
  }

  async verify(username: string, password: Password): Promise<boolean> {
    const user = await this.#matching(username, password);
    if (user === undefined) return false;
    await this.#parts.notes.make(() => this.#rehash(user, password));
    return true;
  }

  async change(username: string, oldPassword: Password, newPassword: Password): Promise<boolean> {
    const { hasher, options } = this.#parts;
    const bytes = newPasswordBytes(newPassword, options.passwordForm);
    // Once more for each time that the password was changed or hashed anew in between.
    for (;;) {
      const user = await this.#matching(username, oldPassword);
      if (user === undefined) return false;
      if (await options.isKnownBadPassword(newPassword, user.username)) throw passwordRefused();
      if (await this.#replaceHash(user, await hasher.hash(bytes))) return true;
    }
  }

  /** The user of that name, if the password is the right one; a failure is counted before this resolves. */
  async #matching(username: string, password: Password): Promise<StoredUser | undefined> {
    const name = lookUpName(username);
    const isPossible = passwordBytes(password, 'exact') !== undefined;
    if (name === undefined || !isPossible) return undefined;
    const { secret, throttle } = this.#parts;
    const nameTag = (await secret.keys()).nameTag(name);
    const decoy = await this.#decoy.bytes();
    return this.#gate.run(
      nameTag,
      () => throttle.width(nameTag),
      async () => {
        const retryAfterMs = throttle.waitMs(nameTag);
        if (retryAfterMs > 0) throw throttled(retryAfterMs);
        const user = userByName(this.#parts.store, name);
        const isRight = await this.#isPasswordOf(user ?? decodeUser(decoy), password);
        if (user === undefined || !isRight) {
          await throttle.recordFailure(nameTag);
          return undefined;
        }
        await this.#parts.notes.make(() => this.#recordSuccess(user.userId, nameTag));
        return user;
      },
    );
  }

  async #isPasswordOf(user: StoredUser, password: Password): Promise<boolean> {
    const bytes = passwordBytes(password, user.passwordForm);
    if (bytes === undefined) return false;
    try {
      return await this.#parts.hasher.verify(bytes, user.passwordHash);
    } catch (error) {
      // What the hasher does not hash at all is nobody's password: bcrypt takes no more than 72 bytes.
      if (errorCode(error) === SECRET_REFUSED) return false;
      throw error;
    }
  }

  /** Forgets failures and notes the time, which is rarely to be written: see `lastLoginIntervalMs`. */
  #recordSuccess(userId: string, nameTag: string): Promise<void> {
    const { store, options, throttle } = this.#parts;
    const plan = (): { writes: readonly SingleInput[]; result: undefined } => {
      const writes = [...throttle.forget(nameTag)];
      const key = userKey(userId);
      const entry = store.getEntry(key);
      const user = entry === undefined ? undefined : decodeUser(entry.value);
      const now = options.now();
      if (
        entry !== undefined &&
        user !== undefined &&
        isDue(user.lastLogin, now, options.lastLoginIntervalMs)
      ) {
        const value = encodeUser({ ...user, lastLogin: now });
        writes.push({ type: 'set', key, value, ifVersion: entry.version });
      }
      return { writes, result: undefined };
    };
    return change(store, plan, 'memory');
  }

  /** Hashes the password anew if the hasher asks for more by now, or the form of passwords is another one. */
  async #rehash(user: StoredUser, password: Password): Promise<void> {
    const { hasher, options } = this.#parts;
    const isCurrent = user.passwordForm === options.passwordForm && !hasher.needsRehash(user.passwordHash);
    if (isCurrent) return;
    const bytes = passwordBytes(password, options.passwordForm);
    if (bytes !== undefined) await this.#replaceHash(user, await hasher.hash(bytes));
  }

  /** False, and nothing written, if the user has gone or has another hash by now than `user`. */
  #replaceHash(user: StoredUser, passwordHash: string): Promise<boolean> {
    const { store, options } = this.#parts;
    return change(store, () => {
      const key = userKey(user.userId);
      const entry = store.getEntry(key);
      const current = entry === undefined ? undefined : decodeUser(entry.value);
      if (entry === undefined || current?.passwordHash !== user.passwordHash)
        return { writes: [], result: false };
      const value = encodeUser({ ...current, passwordHash, passwordForm: options.passwordForm });
      return { writes: [{ type: 'set', key, value, ifVersion: entry.version }], result: true };
    });
  }
}
