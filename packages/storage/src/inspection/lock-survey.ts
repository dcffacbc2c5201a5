/** Who holds the writer's lock of a directory, as far as its file tells, and whether that one is still there. */
import { errorCode } from '@htkv/base';

import { ioFailure } from '../failure.ts';
import { LOCK_FILE_NAME } from '../format/file-names.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { decodeLockHolder, judgeLockHolder, type LockVerdict } from '../fs/lock-holder.ts';
import { isProcessAlive, processIdentity } from '../fs/node-process-identity.ts';
import { readWhole } from '../fs/read-whole.ts';

export interface LockSurvey {
  readonly path: string;
  /** `unknown`: on another machine, or in a container that cannot be looked into from here. */
  readonly verdict: LockVerdict;
  readonly pid: number | undefined;
  readonly host: string | undefined;
  /** ISO 8601. */
  readonly since: string | undefined;
  /** Names this taking of the lock. */
  readonly token: string | undefined;
}

/** `undefined` if there is no lock file. Throws `STORAGE_IO`. */
export function surveyLock(fileSystem: FileSystem, directory: string): LockSurvey | undefined {
  const path = fileSystem.join(directory, LOCK_FILE_NAME);
  let text: string;
  try {
    text = new TextDecoder().decode(readWhole(fileSystem, path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw ioFailure(path, 'read', error);
  }
  const holder = decodeLockHolder(text);
  if (holder === undefined) {
    return { path, verdict: 'unknown', pid: undefined, host: undefined, since: undefined, token: undefined };
  }
  const observer = { ...processIdentity(), kernelLock: undefined };
  const verdict = judgeLockHolder(holder, observer, isProcessAlive);
  const { pid, host, since, token } = holder;
  return { path, verdict, pid, host, since, token };
}

/** Removes the lock file if it is still the one that was looked at; says whether it was. Throws `STORAGE_IO`. */
export function removeLock(fileSystem: FileSystem, directory: string, seen: LockSurvey): boolean {
  const current = surveyLock(fileSystem, directory);
  if (current === undefined || current.token !== seen.token) return false;
  try {
    fileSystem.remove(seen.path);
  } catch (error) {
    throw ioFailure(seen.path, 'remove', error);
  }
  return true;
}
