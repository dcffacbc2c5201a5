/**
 * Who this process is, in words that another process can check later: a pid alone is given out again, so it comes
 * with the start time of the process, the boot of the machine, and the namespaces in which pid and sockets count.
 *
 * On systems without `/proc` only the host name and the pid are known, and whether a process is alive is answered by
 * pid alone: a stranger that got the pid of a dead holder then counts as the holder, which errs to the safe side.
 */

import { errorCode } from '@htkv/base';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Facts about a process; `undefined` where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the kernel's own unit since boot: only good for comparing. */
  readonly startTime: string | undefined;
  /** Differs after every boot of the machine. */
  readonly bootId: string | undefined;
  readonly pidNamespace: string | undefined;
  readonly networkNamespace: string | undefined;
}

/** The identity of the calling process, the same in all its threads. Reads `/proc` where there is one. */
export function processIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    startTime: processStatus(process.pid)?.startTime,
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: readLink('/proc/self/ns/pid'),
    networkNamespace: readLink('/proc/self/ns/net'),
  };
}

/**
 * Whether the process `pid` of this pid namespace runs and, if `startTime` is known, is the one that started then.
 * When in doubt, `true`.
 */
export function isProcessAlive(pid: number, startTime: string | undefined): boolean {
  // 0 and negative numbers address groups of processes, which is never what a lock means.
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
  }
  const status = processStatus(pid);
  if (status === undefined) return true;
  // A zombie has given everything back; only its number waits to be collected by its parent.
  if (status.state === 'Z' || status.state === 'X') return false;
  return startTime === undefined || status.startTime === startTime;
}

function processStatus(pid: number): { state: string; startTime: string } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
