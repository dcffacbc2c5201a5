/**
 * A program for the tests of the directory lock: two workers of `node:cluster`, which share what they listen on unless
 * told otherwise, try to take the lock of one directory. Prints how many of them got it.
 */

import cluster from 'node:cluster';
import { argv, stdout } from 'node:process';
import { lockDirectory } from '../../src/fs/directory-lock.ts';

const directory = argv[2]!;

if (cluster.isPrimary) {
  const answers: boolean[] = [];
  for (let count = 0; count < 2; count += 1) {
    cluster.fork().on('message', (isHeld: boolean) => {
      answers.push(isHeld);
      if (answers.length < 2) return;
      stdout.write(String(answers.filter(Boolean).length));
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
    });
  }
} else {
  let isHeld = true;
  try {
    lockDirectory(directory);
  } catch {
    isHeld = false;
  }
  process.send?.(isHeld);
}
