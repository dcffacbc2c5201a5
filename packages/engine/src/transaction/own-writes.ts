/** What a transaction has written so far: of each key the last write. */
import { compareBytes, isExpired, keyText, type SingleCommand } from '@htkv/state';
import type { KeyRange } from '@htkv/storage';

export interface OwnWrite {
  readonly key: Uint8Array;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
  readonly expiresAt: number | undefined;
}

export class OwnWrites {
  readonly #writes = new Map<string, OwnWrite>();

  /** Takes ownership of the bytes; `text` is that of the key. */
  add(text: string, write: OwnWrite): void {
    this.#writes.set(text, write);
  }

  find(key: Uint8Array): OwnWrite | undefined {
    return this.#writes.size === 0 ? undefined : this.#writes.get(keyText(key));
  }

  /** Those of a range, in byte order or against it. O(writes log writes). */
  within(range: KeyRange, reverse: boolean): OwnWrite[] {
    const { lower, lowerInclusive, upper, upperInclusive } = range;
    const sorted = [...this.#writes.values()]
      .filter(({ key }) => lower === undefined || compareBytes(key, lower) >= (lowerInclusive ? 0 : 1))
      .filter(({ key }) => upper === undefined || compareBytes(key, upper) <= (upperInclusive ? 0 : -1))
      .sort((left, right) => compareBytes(left.key, right.key));
    return reverse ? sorted.reverse() : sorted;
  }

  /** The commands that make them; their bytes are shared. */
  get commands(): SingleCommand[] {
    const commands: SingleCommand[] = [];
    for (const { key, value, expiresAt } of this.#writes.values()) {
      commands.push(value === undefined ? { type: 'delete', key } : { type: 'set', key, value, expiresAt });
    }
    return commands;
  }
}

/** The value that a write shows at `now`, which is the writer's; undefined if it shows that the key is absent. */
export function shownValue(write: OwnWrite, now: number): Uint8Array | undefined {
  return isExpired(write, now) ? undefined : write.value;
}
