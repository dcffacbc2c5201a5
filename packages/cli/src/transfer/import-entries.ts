/**
 * Puts entries into a store in batches, each of which is on disk before the next one begins, so that at every moment
 * the first so many entries are in and it is known how many.
 */
import type { SingleInput, SingleNodeEngine } from '@htkv/engine';

import type { PlacedEntry, TransferEntry } from './transfer-entry.ts';

const BATCH_ENTRIES = 2048;
const BATCH_BYTES = 1024 * 1024;

export interface ImportOptions {
  /** Entries at the beginning that are in already. */
  readonly skip: number;
  /** Versions and times are those of the file: an entry that the store knows newer stays as it is. */
  readonly keepsVersions: boolean;
  readonly signal: AbortSignal;
  /** Called when everything up to entry `done` is on disk. */
  readonly onDurable: (done: number, end: number) => Promise<void>;
}

export interface ImportCount {
  /** Entries of the file that are in the store, skipped ones included. */
  readonly done: number;
  /** Entries that the store had newer. */
  readonly stale: number;
}

export async function importEntries(
  engine: SingleNodeEngine,
  entries: AsyncIterable<PlacedEntry>,
  { skip, keepsVersions, signal, onDurable }: ImportOptions,
): Promise<ImportCount> {
  let batch: SingleInput[] = [];
  let bytes = 0;
  let read = 0;
  let done = 0;
  let stale = 0;
  let end = 0;
  const commit = async (): Promise<void> => {
    // Also where an interruption comes among the skipped ones: what is known to be in does not become less.
    if (batch.length === 0) return;
    const outcomes = await engine.submitBatch(batch, { durability: 'disk' });
    stale += outcomes.filter((outcome) => outcome === 'ignoredStale').length;
    batch = [];
    bytes = 0;
    done = read;
    await onDurable(done, end);
  };
  for await (const placed of entries) {
    if (signal.aborted) break;
    read += 1;
    end = placed.end;
    if (read <= skip) {
      done = read;
      continue;
    }
    batch.push(commandFor(placed.entry, keepsVersions));
    bytes += placed.entry.key.length + placed.entry.value.length;
    if (batch.length >= BATCH_ENTRIES || bytes >= BATCH_BYTES) await commit();
  }
  // Whole batches only count, but what was read of an interrupted one is as good as any.
  await commit();
  return { done, stale };
}

function commandFor(entry: TransferEntry, keepsVersions: boolean): SingleInput {
  const { key, value, version, timestamp, expiresAt } = entry;
  const stamps = keepsVersions ? { version, timestamp } : {};
  return { type: 'set', key, value, expiresAt, ...stamps };
}
