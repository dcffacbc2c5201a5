/**
 * Which keys of the index are not simply live: the ones whose newest record is a delete, and the ones with a
 * deadline. Both are rare beside live keys, so they are kept apart and counting needs no look at any record.
 */
export class KeyCensus {
  /** Addresses of the newest records that are deletes. */
  readonly #deletes = new Set<number>();
  /** Deadlines in milliseconds since the epoch, by address of the newest record. */
  readonly #deadlines = new Map<number, number>();

  get deletes(): number {
    return this.#deletes.size;
  }

  /** A record became the newest of its key. */
  enter(address: number, isDelete: boolean, expiresAt: number | undefined): void {
    if (isDelete) this.#deletes.add(address);
    else if (expiresAt !== undefined) this.#deadlines.set(address, expiresAt);
  }

  /** A record is no longer the newest of its key. */
  leave(address: number): void {
    if (this.#deletes.size > 0) this.#deletes.delete(address);
    if (this.#deadlines.size > 0) this.#deadlines.delete(address);
  }

  /** Keys whose deadline has come at `now`. O(keys with a deadline). */
  expired(now: number): number {
    let count = 0;
    for (const deadline of this.#deadlines.values()) {
      if (deadline <= now) count += 1;
    }
    return count;
  }
}
