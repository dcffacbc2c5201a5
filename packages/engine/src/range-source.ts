/** What ranges read from: the entries of a store, as the engine lets its readers see them. */
import type { LogStore, StoredEntry } from '@htkv/storage';

import type { RangeSource } from './entry-range-reader.ts';

/** What the engine knows and the store does not. */
interface Sight {
  /** Throws unless the engine is open. */
  readonly requireOpen: () => void;
  /** Whether a deadline has come. */
  readonly hasCome: (expiresAt: number) => boolean;
}

/** Ranges, and what single keys are read from. */
export interface EntrySource extends RangeSource {
  /** The entry of a key if a reader sees it now. */
  liveEntry(key: Uint8Array): StoredEntry | undefined;
}

export function rangeSourceOf(store: LogStore, { requireOpen, hasCome }: Sight): EntrySource {
  const liveEntry = (key: Uint8Array): StoredEntry | undefined => {
    const entry = store.read(key);
    if (entry === undefined || entry.deleted) return undefined;
    return entry.expiresAt !== undefined && hasCome(entry.expiresAt) ? undefined : entry;
  };
  return {
    liveEntry,
    collect: (range, reverse, limit, wantsValues) => {
      requireOpen();
      return store.collectEntries(range, reverse, limit, wantsValues);
    },
    requireOpen,
    hasCome,
    isLive: (key) => {
      const head = store.head(key);
      if (head === undefined || head.deleted) return false;
      return head.expiresAt === undefined || !hasCome(head.expiresAt);
    },
    liveValue: (key) => liveEntry(key)?.value,
  };
}
