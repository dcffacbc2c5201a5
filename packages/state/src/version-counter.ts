/**
 * The counter that gives versions to writes whose caller left them out, so that such a write always wins: its
 * version is above every version seen so far and above that of the key's own record.
 *
 * A version is a safe integer, so somebody can use the highest one. That must not end all writing: once the counter
 * has reached the end, a key's next version is its own plus one, which wins as well, because versions are only
 * compared within a key. Only a key that holds the highest version itself has no next one.
 */

import { assert, CodedError } from '@htkv/base';

import type { EntryHead } from './entry.ts';

/**
 * The version that wins over `head`: the larger of `counter`, the lowest version that is still unused, and one more
 * than the key's version. A `counter` beyond the safe integers is used up and does not take part.
 *
 * @throws CodedError `STATE_VERSION_EXHAUSTED` if the key already has the highest version there is
 */
export function nextVersion(counter: number, head: EntryHead | undefined): number {
  const afterKey = head === undefined ? 1 : head.version + 1;
  const version = isUsable(counter) && counter > afterKey ? counter : afterKey;
  if (isUsable(version)) return version;
  throw new CodedError(
    'STATE_VERSION_EXHAUSTED',
    'expected a version that can be raised, found the highest one',
    {
      details: { version: Number.MAX_SAFE_INTEGER },
    },
  );
}

export class VersionCounter {
  /** Invariant: greater than every version given or observed; at most one beyond the safe integers. */
  #unused: number;

  /** `latestVersion` is the highest version in use: 0 if there is none. */
  constructor(latestVersion = 0) {
    this.#unused = 1;
    this.observe(latestVersion);
  }

  /** Whether the highest version has been seen, so that keys continue from their own versions. */
  get exhausted(): boolean {
    return !isUsable(this.#unused);
  }

  /**
   * A version that wins over `head` and that nobody was given before. While the counter is not exhausted, it also
   * wins over every version given or observed, whatever has become of it.
   *
   * @throws CodedError `STATE_VERSION_EXHAUSTED` if the key already has the highest version there is
   */
  next(head: EntryHead | undefined): number {
    const version = nextVersion(this.#unused, head);
    this.observe(version);
    return version;
  }

  /** Takes note of a version that somebody else chose. */
  observe(version: number): void {
    assert(Number.isSafeInteger(version) && version >= 0, 'an observed version is a safe integer');
    if (version >= this.#unused) this.#unused = version + 1;
  }
}

function isUsable(version: number): boolean {
  return version <= Number.MAX_SAFE_INTEGER;
}
