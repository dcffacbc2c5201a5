/**
 * The verdict on a store that was opened in spite of damage, or refused because of it.
 */
import { CodedError, equalBytes, errorCode } from '@htkv/base';

import type { LogStore } from '../../src/index.ts';
import type { MemoryFileSystem } from '../../src/testing/index.ts';
import { withTrialStore } from '../trial-store.ts';
import { KEYS, valueOf, type WriteHistory } from '../write-history.ts';
import { BoundedReads } from './bounded-reads.ts';
import type { DamageFixture } from './damage-fixtures.ts';

/** What became of damage. `shorter`: taken for a torn write, above the last proof. */
export type DamageOutcome = 'refused' | 'unreadable' | 'shorter' | 'harmless';

const refusals = new Set(['STORAGE_CORRUPT', 'STORAGE_FORMAT_UNSUPPORTED', 'STORAGE_FOREIGN_FILE']);

/**
 * Opens a damaged copy of the store of a fixture. Throws if it shows a value that was never written, loses anything
 * up to the place `proven`, or refuses in any other way than it should.
 */
export function judgeDamage(
  { history }: DamageFixture,
  memory: MemoryFileSystem,
  proven: number,
): DamageOutcome {
  const before = { ...memory.counts };
  try {
    return withTrialStore({ fileSystem: new BoundedReads(memory) }, (store) => {
      const outcome = judgeStore(history, proven, store);
      if (outcome !== 'unreadable') store.close();
      return outcome;
    });
  } catch (error) {
    requireRefusal(error);
    const { create, write, remove } = memory.counts;
    if (create + write + remove > before.create + before.write + before.remove) {
      throw new Error('a store was refused and changed', { cause: error });
    }
    if (memory.openFileCount + memory.lockCount > 0)
      throw new Error('a refusal held on to something', { cause: error });
    return 'refused';
  }
}

function judgeStore(history: WriteHistory, proven: number, store: LogStore): DamageOutcome {
  const { lastSequence } = store.progress;
  if (lastSequence < proven)
    throw new Error(`the store lost what lies between ${lastSequence} and ${proven}`);
  const isReadable = KEYS.filter((key) => !canRead(store, key)).length === 0;
  if (!isReadable) return 'unreadable';
  history.check(store, { least: proven });
  return lastSequence < history.sequence ? 'shorter' : 'harmless';
}

/** Whether a key can be read; if so its value is one that was written. */
function canRead(store: LogStore, key: Uint8Array): boolean {
  try {
    const entry = store.read(key);
    if (entry === undefined || equalBytes(entry.value, valueOf(entry.version, entry.value.length)))
      return true;
  } catch (error) {
    requireRefusal(error);
    return false;
  }
  throw new Error('a value was read that was never written');
}

function requireRefusal(error: unknown): void {
  if (!(error instanceof CodedError) || !refusals.has(errorCode(error) ?? '')) throw error;
  const { path, offset } = error.details;
  const namesPlace =
    typeof path === 'string' && (error.code !== 'STORAGE_CORRUPT' || typeof offset === 'number');
  if (!namesPlace && error.code !== 'STORAGE_FORMAT_UNSUPPORTED') {
    throw new Error('a refusal does not say where', { cause: error });
  }
}
