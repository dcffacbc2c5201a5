/**
 * Bytes of an announced length that arrive in pieces: memory is taken as they come, not as they are announced.
 */

/** Up to this length an announcement is believed. */
const BELIEVED_BYTES = 65_536;

export class GrowingBytes {
  readonly #length: number;
  #bytes: Uint8Array;
  #filled = 0;

  constructor(length: number) {
    this.#length = length;
    this.#bytes = new Uint8Array(Math.min(length, BELIEVED_BYTES));
  }

  get isFull(): boolean {
    return this.#filled === this.#length;
  }

  /** All bytes, once {@link isFull}; they belong to the caller. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Takes what is missing from `source`, from `start` on, as far as it is there; returns how much that was. */
  take(source: Uint8Array, start: number): number {
    const count = Math.min(this.#length - this.#filled, source.length - start);
    const needed = this.#filled + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#bytes.length)));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(source.subarray(start, start + count), this.#filled);
    this.#filled = needed;
    return count;
  }
}
