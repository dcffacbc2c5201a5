/**
 * The writer's lock of a directory: at most one holder at a time, given back when the holder dies.
 *
 * Two things stand for it. The kernel's lock (see `node-kernel-lock.ts`) is named by device and inode of the directory, so
 * that every path to it means the same lock, and it ends with its holder; but it does not reach across network
 * namespaces or machines, and most platforms have none. The file `LOCK` names the holder for people, and is what
 * decides where the kernel's lock cannot: it is created with its whole content by `link`, which fails if the name
 * exists, and it outlives its holder, so a stale one must be taken over.
 *
 * Taking over, and why two takers cannot both win. Whoever finds the dead holder with token T first needs the claim
 * `LOCK.claim-T`, taken like `LOCK` itself, and only under the claim, after reading that `LOCK` still says T, renames
 * its own file over it. The file changes from T to something else only once: by the one who has the claim, since T is
 * dead and never acts again. A slower taker gets the claim after that, reads another token, and starts over with the
 * new holder. A taker that dies leaves a claim with its own token, which is a stale lock file as any other and is
 * taken over in the same way, one level down. Whoever has the lock removes what is left of such attempts.
 *
 * Nothing here is synced: after a power loss the boot differs, and a lock that is missing, empty or old means the same.
 */

import { CodedError, errorCode } from '@htkv/base';
import { randomBytes } from 'node:crypto';
import { constants, fstatSync, linkSync, openSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { closeSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lock } from './file-system.ts';
import { acquireKernelLock } from './node-kernel-lock.ts';
import type { KernelLock } from './node-kernel-lock.ts';
import { decodeLockHolder, encodeLockHolder, judgeLockHolder } from './lock-holder.ts';
import type { LockHolder, LockVerdict } from './lock-holder.ts';
import { isProcessAlive, processIdentity } from './node-process-identity.ts';
import type { ProcessIdentity } from './node-process-identity.ts';

/** The name of the lock file; names that begin with it and a dot belong to attempts to take it. */
export const lockFileName = 'LOCK';

/** The part of the machine that a test replaces to play another process, host or platform. */
export interface LockSurroundings {
  identity(): ProcessIdentity;
  isAlive(pid: number, startTime: string | undefined): boolean;
  acquireKernelLock(name: string): KernelLock | 'busy' | 'unavailable';
}

const machine: LockSurroundings = { identity: processIdentity, isAlive: isProcessAlive, acquireKernelLock };

const attemptsMax = 100;
/** Without a kernel's lock and without hard links a lock file is empty for the moment in which it is written. */
const malformedGraceMs = 10_000;

/**
 * Takes the lock of the directory `path`, or throws `STORAGE_LOCKED` with `details` `{ path, pid, host, since }` as
 * far as the holder is known. Other errors are the system's: `ENOENT` without the directory, `EROFS`, `EACCES`, ...
 */
export function lockDirectory(path: string, surroundings: LockSurroundings = machine): Lock {
  const status = statSync(path, { bigint: true });
  const name = `htkv-directory-${status.dev}-${status.ino}`;
  const kernelLock = surroundings.acquireKernelLock(name);
  const identity = surroundings.identity();
  const holder: LockHolder = {
    ...identity,
    since: new Date().toISOString(),
    token: randomBytes(16).toString('hex'),
    kernelLock: typeof kernelLock === 'object' ? name : undefined,
  };
  const taking = new LockTaking(path, holder, surroundings);
  if (kernelLock === 'busy') throw taking.refusalByKernel(name);
  try {
    taking.acquire(lockFileName);
    taking.removeLeftovers();
  } catch (error) {
    if (kernelLock !== 'unavailable') kernelLock.release();
    throw error;
  }
  let isHeld = true;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      try {
        taking.giveUp(lockFileName);
      } finally {
        // Last: whoever binds the name next must not find our file.
        if (kernelLock !== 'unavailable') kernelLock.release();
      }
    },
  };
}

/** What a lock file was found to be. `identity` changes with every writer of the file. */
interface Found {
  readonly identity: string;
  readonly holder: LockHolder | undefined;
  readonly modifiedMs: number;
}

/** One attempt to take the lock of a directory, and the files that stand for it. */
class LockTaking {
  readonly #path: string;
  readonly #holder: LockHolder;
  readonly #surroundings: LockSurroundings;
  #temporaryCount = 0;

  constructor(path: string, holder: LockHolder, surroundings: LockSurroundings) {
    this.#path = path;
    this.#holder = holder;
    this.#surroundings = surroundings;
  }

  /** Makes the file `name` say that we hold it, or throws. */
  acquire(name: string): void {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const found = this.#createOrFind(name);
      if (found === undefined) return;
      const verdict = this.#judge(found);
      if (verdict !== 'gone') throw this.#refusal(found.holder, verdict);
      if (this.#takeOver(name, found)) return;
    }
    throw this.#refusal(undefined, 'held');
  }

  /** Removes the file `name` if it is ours. */
  giveUp(name: string): void {
    if (this.#find(name)?.holder?.token === this.#holder.token) this.#remove(name);
  }

  /**
   * Removes what attempts that died have left, and disturbs those that are alive, which start over and are refused.
   * Only for the one who has the lock: a claim on anybody else's token is without meaning now.
   */
  removeLeftovers(): void {
    for (const name of readdirSync(this.#path)) {
      if (name.startsWith(`${lockFileName}.`)) this.#remove(name);
    }
  }

  /** The error for a kernel's lock `name` that somebody has, with the name of the holder if the file tells it. */
  refusalByKernel(name: string): CodedError {
    let found: Found | undefined;
    try {
      found = this.#find(lockFileName);
    } catch {
      // The kernel has said no already; the file would only have given a name to the holder.
    }
    const holder = found?.holder;
    if (found === undefined || holder === undefined) return this.#refusal(undefined, 'held');
    // Between binding and writing its file the holder is unknown, and the file still that of the last one. One whose
    // pid cannot be looked up from here is believed, since it had this very lock.
    const isElsewhere = holder.pidNamespace !== this.#holder.pidNamespace && holder.kernelLock === name;
    const isCurrent = isElsewhere || this.#judge(found) !== 'gone';
    return this.#refusal(isCurrent ? holder : undefined, 'held');
  }

  /** Creates the file with our content, or returns what is in its place. */
  #createOrFind(name: string): Found | undefined {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (this.#create(name)) return undefined;
      const found = this.#find(name);
      if (found !== undefined) return found;
    }
    throw this.#refusal(undefined, 'held');
  }

  #create(name: string): boolean {
    const temporary = this.#writeTemporary();
    try {
      linkSync(join(this.#path, temporary), join(this.#path, name));
      return true;
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code))
        return this.#createInPlace(name);
      // ENOENT: the lock has been taken by somebody who removed our temporary file as a leftover.
      if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
      return false;
    } finally {
      this.#remove(temporary);
    }
  }

  /** For file systems without hard links: exclusive too, but the content comes a moment after the name. */
  #createInPlace(name: string): boolean {
    try {
      writeFileSync(join(this.#path, name), encodeLockHolder(this.#holder), { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      return false;
    }
  }

  /** Replaces the file of a dead holder by ours. `false` if it changed meanwhile. See the module comment. */
  #takeOver(name: string, found: Found): boolean {
    const claim = `${lockFileName}.claim-${found.identity}`;
    this.acquire(claim);
    try {
      if (this.#find(name)?.identity !== found.identity) return false;
      const temporary = this.#writeTemporary();
      try {
        renameSync(join(this.#path, temporary), join(this.#path, name));
        return true;
      } catch (error) {
        this.#remove(temporary);
        if (errorCode(error) !== 'ENOENT') throw error;
        return false;
      }
    } finally {
      this.giveUp(claim);
    }
  }

  #writeTemporary(): string {
    const name = `${lockFileName}.new-${this.#holder.token}-${this.#temporaryCount++}`;
    writeFileSync(join(this.#path, name), encodeLockHolder(this.#holder), { flag: 'wx', mode: 0o600 });
    return name;
  }

  #find(name: string): Found | undefined {
    let descriptor: number;
    try {
      const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
      descriptor = openSync(join(this.#path, name), flags);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const status = fstatSync(descriptor);
      const holder = decodeLockHolder(readFileSync(descriptor, 'utf8'));
      const identity = holder?.token ?? `${status.ino}-${Math.trunc(status.mtimeMs)}-${status.size}`;
      return { identity, holder, modifiedMs: status.mtimeMs };
    } finally {
      closeSync(descriptor);
    }
  }

  #remove(name: string): void {
    try {
      unlinkSync(join(this.#path, name));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }

  #judge(found: Found): LockVerdict {
    if (found.holder !== undefined) {
      return judgeLockHolder(found.holder, this.#holder, (pid, startTime) =>
        this.#surroundings.isAlive(pid, startTime),
      );
    }
    // Half a file: its writer died, or, only where the file is all there is, is writing at this moment.
    const isFresh = Math.abs(Date.now() - found.modifiedMs) < malformedGraceMs;
    return isFresh && this.#holder.kernelLock === undefined ? 'held' : 'gone';
  }

  #refusal(holder: LockHolder | undefined, verdict: LockVerdict): CodedError {
    const details = { path: this.#path, pid: holder?.pid, host: holder?.host, since: holder?.since };
    return new CodedError('STORAGE_LOCKED', `directory ${this.#path} ${this.#explain(holder, verdict)}`, {
      details,
    });
  }

  #explain(holder: LockHolder | undefined, verdict: LockVerdict): string {
    if (holder === undefined) return 'is being opened or held by another process that has not said who it is';
    const self = this.#holder;
    const isSelf = holder.pid === self.pid && holder.startTime === self.startTime;
    if (isSelf && holder.host === self.host && holder.pidNamespace === self.pidNamespace) {
      return `is already open in this process (${holder.pid}, since ${holder.since})`;
    }
    const who = `process ${holder.pid} on host ${holder.host} since ${holder.since}`;
    if (verdict === 'held' && holder.kernelLock !== undefined) return `is in use by ${who}`;
    const doubt = verdict === 'unknown' ? ', which cannot be checked from here' : '';
    const file = join(this.#path, lockFileName);
    return `is in use by ${who}${doubt}; once that process is known to be gone, ${file} may be removed`;
  }
}
