/** An entry as its reader gets it, from a record with its value. */
import type { Entry } from '@htkv/state';
import type { StoredEntry } from '@htkv/storage';

export function entryOf({ value, version, timestamp, expiresAt }: StoredEntry): Entry {
  return expiresAt === undefined ? { value, version, timestamp } : { value, version, timestamp, expiresAt };
}
