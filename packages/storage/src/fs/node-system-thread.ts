/**
 * Threads as the operating system knows them: whether one is still there can be seen without its event loop, and
 * without that of anybody who would be told. Linux says so in `/proc`; elsewhere nothing is known.
 */
import { existsSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Id of this thread; 0 where the system does not say. */
export function systemThread(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return 0;
  }
}

/** Whether a thread of this process, of which {@link systemThread} was told, is gone for sure. */
export function isSystemThreadGone(thread: number): boolean {
  return thread !== 0 && !existsSync(`/proc/self/task/${thread}`);
}
