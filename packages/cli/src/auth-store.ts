/** The users and API keys of a store, opened for the length of a command. */
import type { Command } from 'commander';
import type { ApiKeyRecord, AuthService, UserRecord } from '@htkv/auth';

import { dataDirOf, type CommandContext } from './command-context.ts';
import { userNotFound } from './failure.ts';
import { readMasterKey } from './master-key.ts';
import { changeStore, readStore } from './open-store.ts';

/** What it takes to get at the users of a store: where it is, and the key to it. */
export interface AuthAccess {
  readonly dataDir: string;
  readonly masterKey: Uint8Array;
}

/** Looked for before anybody is asked for a password, so that nobody types one in vain. Throws `CLI_USAGE` or `CLI_INPUT`. */
export function authAccess(command: Command, context: CommandContext): AuthAccess {
  return { dataDir: dataDirOf(command, context), masterKey: readMasterKey(command, context) };
}

/** Runs `use` on the service over the store, of which this process is the writer meanwhile. */
export async function changeAuth<Result>(
  { dataDir, masterKey }: AuthAccess,
  createIfMissing: boolean,
  use: (auth: AuthService) => Promise<Result>,
): Promise<Result> {
  const { createArgon2AesGcmAuth } = await import('@htkv/auth');
  return changeStore(dataDir, createIfMissing, (engine) => use(createArgon2AesGcmAuth(engine, masterKey)));
}

/** The same for reading only: nothing is created, changed or locked. */
export async function readAuth<Result>(
  { dataDir, masterKey }: AuthAccess,
  use: (auth: AuthService) => Promise<Result>,
): Promise<Result> {
  const { createArgon2AesGcmAuth } = await import('@htkv/auth');
  return readStore(dataDir, (engine) => use(createArgon2AesGcmAuth(engine, masterKey)));
}

/**
 * The user with that id or name. Throws `AUTH_USER_NOT_FOUND`. The id goes first: anybody may take the id of another user as
 * a name, and nobody can take it as an id.
 */
export async function userNamed(auth: AuthService, nameOrId: string): Promise<UserRecord> {
  const user = (await auth.getUser(nameOrId)) ?? (await auth.findUser(nameOrId));
  if (user !== undefined) return user;
  throw userNotFound();
}

/** What `--json` promises of a user: members may be added, none changes or goes. */
export function shownUser(user: Pick<UserRecord, 'userId' | 'username' | 'createdAt' | 'lastLogin'>): object {
  const { userId, username, createdAt, lastLogin } = user;
  return { userId, username, createdAt, lastLogin };
}

/** What `--json` promises of an API key. */
export function shownKey(key: ApiKeyRecord): object {
  const { keyId, ownerId, label, scopes, createdAt, expiresAt, lastUsed } = key;
  return { keyId, ownerId, label, scopes, createdAt, expiresAt, lastUsed };
}
