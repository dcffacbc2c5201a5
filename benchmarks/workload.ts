/**
 * What every question works on: keys of 16 bytes that look random, values of 64 bytes, and orders to visit the keys in
 * that no cache foresees. One key buffer is rewritten for every operation, because hundreds of thousands of key
 * objects would measure themselves.
 */
import { randomOrder } from './random-order.ts';

export const KEY_BYTES = 16;
export const VALUE_BYTES = 64;

export const VALUE: Uint8Array = new Uint8Array(VALUE_BYTES).fill(7);

/** Makes the key of a number, in place. */
export class KeyMaker {
  /** The key that was made last. */
  readonly key: Uint8Array = new Uint8Array(KEY_BYTES);
  readonly #words: Int32Array = new Int32Array(this.key.buffer);

  /** Puts the key of `number` into {@link key}. Different numbers have different keys. */
  make(number: number): Uint8Array {
    for (let word = 0; word < KEY_BYTES / 4; word += 1) {
      // Every step can be undone, so no two inputs come to the same word.
      let mixed = Math.imul(number * 4 + word, 0x9e3779b9);
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      this.#words[word] = mixed ^ (mixed >>> 16);
    }
    return this.key;
  }
}

/** Makes the keys of `order`, one after the other and again from the start. */
export class KeyWalk {
  readonly #maker = new KeyMaker();
  readonly #order: Int32Array;
  #at = 0;

  constructor(order: Int32Array) {
    this.#order = order;
  }

  /** A walk over all of `keys` keys in an order of its own. */
  static over(keys: number, seed: number): KeyWalk {
    return new KeyWalk(randomOrder(keys, seed));
  }

  /** The next key, borrowed until the one after it. */
  next(): Uint8Array {
    if (this.#at === this.#order.length) this.#at = 0;
    const key = this.#maker.make(this.#order[this.#at]!);
    this.#at += 1;
    return key;
  }
}
