/**
 * The workload of the first look: keys of 16 bytes, values of 64, visited in an order that no cache foresees. One key
 * buffer is rewritten for every operation, because hundreds of thousands of key objects would measure themselves.
 */

export const KEY_BYTES = 16;
export const VALUE_BYTES = 64;

/** Keys `key:00000000` and so on, one at a time, in the order of a walk that visits each of `count` once. */
export class KeyWalk {
  readonly key: Uint8Array = new TextEncoder().encode('key:000000000000');
  readonly #count: number;
  readonly #step: number;
  #at = 0;

  /** `step` has no divisor in common with `count`. */
  constructor(count: number, step: number) {
    this.#count = count;
    this.#step = step;
  }

  /** Puts the next key into {@link key}. */
  next(): Uint8Array {
    this.#at = (this.#at + this.#step) % this.#count;
    let rest = this.#at;
    for (let digit = KEY_BYTES - 1; digit >= 8; digit -= 1) {
      this.key[digit] = 48 + (rest % 10);
      rest = (rest / 10) | 0;
    }
    return this.key;
  }
}

/** Two primes larger than any number of keys here has a divisor of. */
export const WRITE_STEP = 7919;
export const READ_STEP = 104_729;
