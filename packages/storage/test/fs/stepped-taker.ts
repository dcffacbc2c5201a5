/**
 * A program for the test of interleaved takers: a worker thread that plays a process which takes the lock of a
 * directory by its file alone, and stops before every call of the file system until it is told to go on, or to die.
 */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { lockDirectory } from '../../src/fs/directory-lock.ts';

/** What a taker is doing, in the word of the shared array that is its own; word 0 is the number of the round. */
export const TakerState = {
  idle: 0,
  starting: 1,
  waiting: 2,
  going: 3,
  dying: 4,
  dead: 5,
  refused: 6,
  holding: 7,
  failed: 8,
} as const;

export interface TakerData {
  readonly words: Int32Array;
  readonly taker: number;
  readonly directory: string;
}

class Death extends Error {}

if (workerData !== null) {
  const { words, taker, directory } = workerData as TakerData;
  stopBeforeEachCall(words, taker);
  for (;;) {
    Atomics.wait(words, taker, TakerState.idle);
    const end = play(words, taker, join(directory, String(words[0])));
    change(words, taker, end);
    Atomics.wait(words, taker, end);
  }
}

/** Sets the state of a taker and wakes whoever waits for that. */
export function change(words: Int32Array, taker: number, state: number): void {
  Atomics.store(words, taker, state);
  Atomics.notify(words, taker);
}

function play(words: Int32Array, taker: number, path: string): number {
  const facts = { host: 'here', bootId: 'boot', pidNamespace: 'pid:[1]', networkNamespace: 'net:[1]' };
  const isAlive = (pid: number): boolean => {
    const state = Atomics.load(words, pid);
    return pid < words.length && state !== TakerState.dying && state !== TakerState.dead;
  };
  try {
    lockDirectory(path, {
      identity: () => ({ ...facts, pid: taker, startTime: '1' }),
      isAlive,
      acquireKernelLock: () => 'unavailable',
    });
    return TakerState.holding;
  } catch (error) {
    if (error instanceof Death) return TakerState.dead;
    return String(error).includes('is in use by') || String(error).includes('is being opened')
      ? TakerState.refused
      : TakerState.failed;
  }
}

function stopBeforeEachCall(words: Int32Array, taker: number): void {
  const calls = fs as unknown as Record<string, (...values: unknown[]) => unknown>;
  for (const name of ['openSync', 'linkSync', 'renameSync', 'unlinkSync', 'writeFileSync', 'readdirSync']) {
    const call = calls[name]!;
    calls[name] = (...values) => {
      if (Atomics.load(words, taker) === TakerState.dying) throw new Death();
      change(words, taker, TakerState.waiting);
      Atomics.wait(words, taker, TakerState.waiting);
      if (Atomics.load(words, taker) === TakerState.dying) throw new Death();
      return call(...values);
    };
  }
  syncBuiltinESMExports();
}
