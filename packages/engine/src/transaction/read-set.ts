/** What a transaction has read: of keys which version, of ranges how far. It becomes the conditions of its command. */
import { digestVersions, keyText, type KeyBounds, type KeyCondition, type RangeCondition } from '@htkv/state';
import type { KeyRange } from '@htkv/storage';

import type { KvSnapshot } from '../kv-reader.ts';
import { boundsOf } from '../range.ts';

/** A range that is being read: what was passed so far counts as read. */
export interface RangeRead {
  readonly keys: KeyRange;
  readonly reverse: boolean;
  /** The last key of the store that was reached. */
  reached: Uint8Array | undefined;
  /** Whether the end of the range was. */
  isWhole: boolean;
}

export class ReadSet {
  readonly #keys = new Map<string, KeyCondition>();
  readonly #ranges: RangeRead[] = [];

  /** `version` is undefined for an absent key. Takes ownership of the bytes. */
  addKey(key: Uint8Array, version: number | undefined): void {
    this.#keys.set(keyText(key), version === undefined ? { key } : { key, version });
  }

  addRange(read: RangeRead): void {
    this.#ranges.push(read);
  }

  /**
   * The bytes of a key that was read, by its text. Whoever decides about the key looks at it once if what was read and
   * what is written are the very same bytes.
   */
  keyOf(text: string): Uint8Array | undefined {
    return this.#keys.get(text)?.key;
  }

  get keys(): KeyCondition[] {
    return [...this.#keys.values()];
  }

  /** The ranges with what `view` holds of them. O(keys of the ranges). */
  rangesIn(view: KvSnapshot): RangeCondition[] {
    if (this.#ranges.length === 0) return [];
    return this.#ranges
      .filter(({ isWhole, reached }) => isWhole || reached !== undefined)
      .map((read) => {
        const bounds = boundsRead(read);
        return { ...bounds, digest: digestVersions(view.versions(bounds)) };
      });
  }
}

/** The part that was read. */
function boundsRead({ keys, reverse, reached, isWhole }: RangeRead): KeyBounds {
  const part = { ...keys };
  if (!isWhole && reverse) Object.assign(part, { lower: reached, lowerInclusive: true });
  if (!isWhole && !reverse) Object.assign(part, { upper: reached, upperInclusive: true });
  return boundsOf(part);
}
