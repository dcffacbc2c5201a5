/**
 * lmdb-js, a native store, with binary keys and values. `put` is awaited at the end, and `flushed` too: with its
 * default, overlapping sync, a resolved write may not be on disk yet. `getBinaryFast` does not copy.
 */
import { open } from 'lmdb';

import type { Contestant } from './contestant.ts';

export function openLmdb(directory: string): Contestant {
  const database = open<Uint8Array, Uint8Array>({
    path: directory,
    keyEncoding: 'binary',
    encoding: 'binary',
  });
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: 'lmdb',
    terms: 'put, flushed; getBinaryFast, no copy',
    put: (key, value) => {
      // It keeps the key until it has written it.
      last = database.put(Buffer.from(key), value);
    },
    settle: async () => {
      await last;
      await database.flushed;
    },
    putDurably: async (key, value) => {
      await database.put(Buffer.from(key), value);
      await database.flushed;
    },
    get: (key) => database.getBinaryFast(key) !== undefined,
    close: () => database.close(),
  };
}
