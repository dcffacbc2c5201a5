/**
 * A program for the tests of the directory lock: it tries to take the lock of the directory given to it, as a process
 * or as a worker thread, tells how it went, and then holds the lock until it is told to release it or is ended.
 */

import { argv } from 'node:process';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { errorCode } from '@htkv/base';
import { lockDirectory } from '../../src/fs/directory-lock.ts';

const directory = isMainThread ? argv[2]! : String(workerData);

function tell(message: object): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message, []);
}

try {
  const lock = lockDirectory(directory);
  (parentPort ?? process).on('message', () => {
    lock.release();
    tell({ isReleased: true });
  });
  tell({ isHeld: true });
} catch (error) {
  tell({ isHeld: false, code: errorCode(error), message: String(error) });
}
