/**
 * Proves that a read of a value in a file of its own, which takes two looks at the key, is true to the second one, whatever
 * happens between them; and that one of a damaged file fails, also in a snapshot of an earlier state.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore, RecordWrite } from '../../src/index.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, withTrialStore } from '../trial-store.ts';
import { remove, set } from './repair-scripts.ts';

const KEY = utf8('key');
const BYTES = 200_000;
const DEADLINE = 100;

/** What reads find if `write` comes between their looks: the deadline is asked for there. */
function readsAround(write: RecordWrite): { value: number | undefined; into: number; head: number } {
  const between = (read: (store: LogStore, hasCome: (expiresAt: number) => boolean) => number | undefined) =>
    withTrialStore({ fileSystem: new MemoryFileSystem() }, (store) => {
      store.apply([set('key', 1, BYTES, DEADLINE)]);
      let isFirst = true;
      return read(store, (expiresAt) => {
        if (isFirst) store.apply([write]);
        isFirst = false;
        return expiresAt < DEADLINE;
      });
    });
  const target = new Uint8Array(BYTES);
  return {
    value: between((store, hasCome) => store.value(KEY, hasCome)?.length),
    into: between((store, hasCome) => store.valueInto(KEY, hasCome, target, 0))!,
    head: target[0]!,
  };
}

test('a key that is deleted meanwhile has no value', () => {
  expect(readsAround(remove('key', 2))).toEqual({ value: undefined, into: -1, head: 0 });
});

test('neither has one that gets a value whose deadline has come', () => {
  expect(readsAround(set('key', 2, BYTES, DEADLINE - 1))).toEqual({ value: undefined, into: -1, head: 0 });
});

test('one that gets another value has that', () => {
  expect(readsAround(set('key', 2, BYTES + 1, DEADLINE)).value).toBe(BYTES + 1);
  expect(readsAround(set('key', 2, BYTES - 1))).toEqual({ value: BYTES - 1, into: BYTES - 1, head: 2 });
  expect(readsAround(set('key', 3, 10))).toEqual({ value: 10, into: 10, head: 3 });
});

test('a snapshot of a value whose file is damaged says so, although the key has another value by now', () => {
  const memory = new MemoryFileSystem();
  withTrialStore({ fileSystem: memory }, (store) => {
    store.apply([set('key', 1, BYTES)]);
    store.commit(true);
    const file = memory.list(DIRECTORY).find((name) => name.startsWith('value-'))!;
    const snapshot = store.snapshot(0);
    store.apply([set('key', 2, BYTES)]);
    memory.corrupt(`${DIRECTORY}/${file}`, BYTES / 2, 1);
    const damaged = expect.objectContaining({ code: 'STORAGE_CORRUPT' }) as Error;
    expect(() => snapshot.entry(KEY)).toThrow(damaged);
    expect(() => snapshot.value(KEY, () => false)).toThrow(damaged);
    expect(store.read(KEY)!.version).toBe(2);
    snapshot.release();
  });
});
