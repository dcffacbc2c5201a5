/**
 * How many failures there were under a name, and how long the next login has to wait because of them.
 *
 * The count is kept by a keyed hash of the name, in the same way whether or not a user has it, so it tells nobody who
 * is a user. It survives a restart and is seen by every thread. A login that has to wait is refused without a look at
 * the password and counts as nothing, so that whoever keeps trying does not keep the user out for good; the wait has a
 * longest time; and a count that is old enough is forgotten.
 */
import type { SingleInput } from '@htkv/engine';

import { decodeAttempts, encodeAttempts, type Attempts } from './attempts-record.ts';
import type { CheckedThrottle } from './auth-options.ts';
import type { AuthStore } from './auth-store.ts';
import { change } from './change.ts';
import { momentAfter } from './coarse-time.ts';
import { attemptsKey } from './key-space.ts';

const FAILURES_MAX = 2 ** 31;

export class Throttle {
  readonly #store: AuthStore;
  readonly #policy: CheckedThrottle;
  readonly #now: () => number;

  constructor(store: AuthStore, policy: CheckedThrottle, now: () => number) {
    this.#store = store;
    this.#policy = policy;
    this.#now = now;
  }

  /** Failures since the last success that still count. */
  failures(nameTag: string): number {
    const attempts = this.#attempts(nameTag);
    return attempts === undefined ? 0 : countedFailures(attempts, this.#now(), this.#policy);
  }

  /** How many logins under the name may be under way: once one has failed, each waits for the one before. */
  width(nameTag: string): number {
    return this.failures(nameTag) === 0 ? this.#policy.freeAttempts : 1;
  }

  /** Milliseconds until the next login under the name; 0 for now. */
  waitMs(nameTag: string): number {
    const attempts = this.#attempts(nameTag);
    return attempts === undefined ? 0 : waitMs(attempts, this.#now(), this.#policy);
  }

  /** Counts a failure. Resolves when every thread sees it; it is on disk a little later. */
  recordFailure(nameTag: string): Promise<void> {
    return change(this.#store, () => this.#oneMore(nameTag), 'memory');
  }

  /** The writes that forget the failures under the name; none if there are none. */
  forget(nameTag: string): readonly SingleInput[] {
    const key = attemptsKey(nameTag);
    const entry = this.#store.getEntry(key);
    return entry === undefined ? [] : [{ type: 'delete', key, ifVersion: entry.version }];
  }

  #oneMore(nameTag: string): { writes: readonly SingleInput[]; result: undefined } {
    const key = attemptsKey(nameTag);
    const entry = this.#store.getEntry(key);
    const lastFailureAt = this.#now();
    const counted =
      entry === undefined ? 0 : countedFailures(decodeAttempts(entry.value), lastFailureAt, this.#policy);
    const failures = Math.min(counted + 1, FAILURES_MAX);
    const condition = entry === undefined ? { ifAbsent: true } : { ifVersion: entry.version };
    const value = encodeAttempts({ failures, lastFailureAt });
    const expiresAt = momentAfter(lastFailureAt, this.#policy.forgetAfterMs);
    return { writes: [{ type: 'set', key, value, expiresAt, ...condition }], result: undefined };
  }

  #attempts(nameTag: string): Attempts | undefined {
    const bytes = this.#store.get(attemptsKey(nameTag));
    return bytes === undefined ? undefined : decodeAttempts(bytes);
  }
}

/** The failures that still count at `now`. */
export function countedFailures(attempts: Attempts, now: number, policy: CheckedThrottle): number {
  return now - attempts.lastFailureAt >= policy.forgetAfterMs ? 0 : attempts.failures;
}

/**
 * The wait that is left at `now`. A clock that was set back ends it: a wait that cannot be measured must not become
 * one without end.
 */
export function waitMs(attempts: Attempts, now: number, policy: CheckedThrottle): number {
  const beyond = countedFailures(attempts, now, policy) - policy.freeAttempts;
  const elapsed = now - attempts.lastFailureAt;
  if (beyond < 0 || elapsed < 0) return 0;
  const delay = Math.min(policy.delayMsMax, policy.delayMs * 2 ** beyond);
  return Math.max(0, delay - elapsed);
}
