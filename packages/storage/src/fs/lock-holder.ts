/**
 * What the file `LOCK` says, and the verdict whether the one who wrote it still holds the lock.
 *
 * The file is JSON, for people as well as for programs. The verdict is a pure function of it, so that every case of
 * a dead, restarted, unreachable or reused process is tested without one.
 */

import type { ProcessIdentity } from './node-process-identity.ts';

/** The content of `LOCK`. */
export interface LockHolder extends ProcessIdentity {
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** Random; tells this taking of the lock from every other. */
  readonly token: string;
  /** Name of the kernel's lock that the holder has besides the file; `undefined` if the platform had none. */
  readonly kernelLock: string | undefined;
}

/** What is known about the one who looks at the file. */
export interface LockObserver extends ProcessIdentity {
  /** Name of the kernel's lock that the observer has just taken; `undefined` if it has none. */
  readonly kernelLock: string | undefined;
}

/** `'unknown'`: the holder is on another machine, or in a container that we cannot look into. */
export type LockVerdict = 'held' | 'gone' | 'unknown';

/** `holder` as the text of the file `LOCK`. */
export function encodeLockHolder(holder: LockHolder): string {
  return `${JSON.stringify(holder, undefined, 2)}\n`;
}

/** The holder that `text` describes, or `undefined` if it is not a whole description: a crash cut it short. */
export function decodeLockHolder(text: string): LockHolder | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const fields: Record<string, unknown> = { ...parsed };
  const { pid, host, since, token } = fields;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof host !== 'string' || typeof since !== 'string') return undefined;
  // The token becomes part of a file name.
  if (typeof token !== 'string' || !/^[0-9a-f]{32}$/.test(token)) return undefined;
  return {
    pid,
    host,
    since,
    token,
    startTime: textOrNothing(fields['startTime']),
    bootId: textOrNothing(fields['bootId']),
    pidNamespace: textOrNothing(fields['pidNamespace']),
    networkNamespace: textOrNothing(fields['networkNamespace']),
    kernelLock: textOrNothing(fields['kernelLock']),
  };
}

/** Whether `holder` still has the lock. `isAlive` answers for processes of the observer's pid namespace. */
export function judgeLockHolder(
  holder: LockHolder,
  observer: LockObserver,
  isAlive: (pid: number, startTime: string | undefined) => boolean,
): LockVerdict {
  const isSameHost = holder.host === observer.host;
  const isBootKnown = holder.bootId !== undefined && observer.bootId !== undefined;
  const isSameBoot = isBootKnown && holder.bootId === observer.bootId;
  // A reboot ends every process. Without the same host name it is another machine's boot that differs.
  if (isBootKnown && !isSameBoot) return isSameHost ? 'gone' : 'unknown';
  // The holder bound its kernel lock before it wrote the file and keeps it until the file is removed. If we have just
  // bound the same name in the same place, the holder's thread has ended, even if its process runs on.
  const isSamePlace = isSameBoot && isSameAndKnown(holder.networkNamespace, observer.networkNamespace);
  if (isSamePlace && isSameAndKnown(holder.kernelLock, observer.kernelLock)) return 'gone';
  // The same kernel and the same pid namespace: the pid can be looked up, even if the host was given another name.
  if (isSameBoot && isSameAndKnown(holder.pidNamespace, observer.pidNamespace)) return verdict();
  if (!isSameHost) return 'unknown';
  // The same host name in another pid namespace is a container that was started again: the old one has ended.
  if (holder.pidNamespace !== observer.pidNamespace) return 'gone';
  return verdict();

  function verdict(): LockVerdict {
    return isAlive(holder.pid, holder.startTime) ? 'held' : 'gone';
  }
}

function isSameAndKnown(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && left === right;
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
