/**
 * What a state holds for one key: an entry, or the tombstone that a delete left, or nothing. A tombstone remembers
 * the version of the delete, so that an older write that arrives later still loses.
 */

/** A key's value and what goes with it. */
export interface Entry {
  readonly value: Uint8Array;
  /** A safe integer from 1. */
  readonly version: number;
  /** Milliseconds since the epoch, from the command. */
  readonly timestamp: number;
  /** Milliseconds since the epoch; the entry is invisible from this moment on. */
  readonly expiresAt?: number | undefined;
}

/** What a delete leaves behind. */
export interface Tombstone {
  readonly deleted: true;
  /** A safe integer from 1. */
  readonly version: number;
  /** Milliseconds since the epoch, from the command. */
  readonly timestamp: number;
}

/** An entry or a tombstone without the value: what deciding about a key takes. */
export interface EntryHead {
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt?: number | undefined;
  /** True for a tombstone. */
  readonly deleted: boolean;
}

/** A moment before every deadline: asked about it, a state shows expired entries as well. */
export const BEFORE_EVERY_DEADLINE: number = Number.NEGATIVE_INFINITY;

/** Whether the deadline, if there is one, has come: expired from `expiresAt` on, that moment included. */
export function isExpired(head: { readonly expiresAt?: number | undefined }, now: number): boolean {
  return head.expiresAt !== undefined && now >= head.expiresAt;
}

/**
 * Whether a key is at `now` as if it had never been written: what is left of it says only that it is gone, and has for
 * `graceMs`. Absent either way; the versions of before do not count any more.
 */
export function isForgotten(head: EntryHead, now: number, graceMs: number): boolean {
  const goneSince = head.deleted ? head.timestamp : head.expiresAt;
  return goneSince !== undefined && goneSince + graceMs <= now;
}

/** Whether the key counts as present at `now`: it has a record that is neither a tombstone nor expired. */
export function isPresent(head: EntryHead | undefined, now: number): head is EntryHead {
  return head !== undefined && !head.deleted && !isExpired(head, now);
}
