/**
 * What an engine takes from the machine it runs on. Everybody but tests and simulations uses the real one.
 */
import { randomBytes } from 'node:crypto';

import { CommitThread, NodeFileSystem, type FileSystem, type StartCommitRunner } from '@htkv/storage';

export interface Environment {
  readonly fileSystem: FileSystem;
  /** Milliseconds since the epoch. */
  readonly systemTime: () => number;
  /** Milliseconds since some moment, never set back; for measuring only. */
  readonly monotonicTime: () => number;
  /** Bytes that nobody can guess. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Starts a thread that writes commit groups out; undefined where there are none, whatever `workerThreads` says. */
  readonly startCommitThread: StartCommitRunner | undefined;
  /** Runs `task` soon, after what is running now and what waits already. */
  readonly soon: (task: () => void) => void;
  /** Runs `task` after `delayMs` and keeps the process alive until then; the result cancels. */
  readonly later: (delayMs: number, task: () => void) => () => void;
  /** As {@link later}, for what may wait for ever: the process may end before. */
  readonly whenever: (delayMs: number, task: () => void) => () => void;
}

/** The machine itself. */
export function nodeEnvironment(): Environment {
  return {
    fileSystem: new NodeFileSystem(),
    systemTime: Date.now,
    monotonicTime: () => performance.now(),
    startCommitThread: (memory, onDone) => new CommitThread(memory, onDone),
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    soon: (task) => void setImmediate(task),
    later: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
    whenever: (delayMs, task) => {
      const timer = setTimeout(task, delayMs).unref();
      return () => clearTimeout(timer);
    },
  };
}
