/**
 * All records of a store in the order of their keys, tombstones included; a few hundred keys at a time, so that neither
 * memory nor the turns of others depend on how many there are. A store that keeps no order has to be asked for all its
 * keys at once; their values are read one by one there too.
 */
import { compareBytes, errorCode, type SnapshotRecord } from '@htkv/state';
import type { LogStore, StoredEntry } from '@htkv/storage';

import { entryOf } from './entry-of.ts';

/** Keys that are collected in a turn. */
const KEYS_PER_STEP = 256;

/**
 * Each record is what `read` says of its key, which decides of which moment it is. Throws what reading throws, and
 * `STORAGE_BUSY`.
 */
export function* storedRecords(
  store: Pick<LogStore, 'allKeys' | 'collectKeys'>,
  read: (key: Uint8Array) => StoredEntry | undefined,
): Generator<SnapshotRecord, void, undefined> {
  for (const key of keysInOrder(store)) {
    const entry = read(key);
    // A key of another moment than that of `read`.
    if (entry === undefined) continue;
    const { deleted, version, timestamp } = entry;
    yield [key, deleted ? { deleted, version, timestamp } : entryOf(entry)];
  }
}

function* keysInOrder(
  store: Pick<LogStore, 'allKeys' | 'collectKeys'>,
): Generator<Uint8Array, void, undefined> {
  let last: Uint8Array | undefined;
  for (;;) {
    const keys = keysBehind(store, last);
    yield* keys;
    if (keys.length !== KEYS_PER_STEP) return;
    last = keys.at(-1)!;
  }
}

/** As many as a step takes, or all that are left. */
function keysBehind(
  store: Pick<LogStore, 'allKeys' | 'collectKeys'>,
  last: Uint8Array | undefined,
): readonly Uint8Array[] {
  const range = { lower: last, lowerInclusive: false, upper: undefined, upperInclusive: false };
  try {
    return store.collectKeys(range, false, KEYS_PER_STEP);
  } catch (error) {
    if (!['STORAGE_NOT_ORDERED', 'STORAGE_ORDER_FULL'].includes(errorCode(error) ?? '')) throw error;
  }
  const keys = store.allKeys().sort(compareBytes);
  return last === undefined ? keys : keys.filter((key) => compareBytes(key, last) > 0);
}
