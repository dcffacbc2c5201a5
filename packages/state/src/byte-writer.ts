/**
 * Writes little-endian integers and byte strings one after the other into an array whose length was computed before.
 */

import { assert } from '@htkv/base';

const TWO_TO_32 = 0x1_0000_0000;

export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  /** Writes exactly `length` bytes, from the start of a new array. */
  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  uint8(integer: number): void {
    assert(integer >= 0 && integer <= 0xff, 'an integer to write fits 8 bits');
    this.#view.setUint8(this.#offset, integer);
    this.#offset += 1;
  }

  uint16(integer: number): void {
    assert(integer >= 0 && integer <= 0xffff, 'an integer to write fits 16 bits');
    this.#view.setUint16(this.#offset, integer, true);
    this.#offset += 2;
  }

  uint32(integer: number): void {
    assert(integer >= 0 && integer <= 0xffff_ffff, 'an integer to write fits 32 bits');
    this.#view.setUint32(this.#offset, integer, true);
    this.#offset += 4;
  }

  /** A safe integer in eight bytes. */
  uint53(integer: number): void {
    assert(Number.isSafeInteger(integer) && integer >= 0, 'an integer to write is safe');
    this.#view.setUint32(this.#offset, integer % TWO_TO_32, true);
    this.#view.setUint32(this.#offset + 4, Math.floor(integer / TWO_TO_32), true);
    this.#offset += 8;
  }

  /** Copies `source`. */
  bytes(source: Uint8Array): void {
    this.#bytes.set(source, this.#offset);
    this.#offset += source.length;
  }

  /** The whole array, which now belongs to the caller. */
  finish(): Uint8Array {
    assert(this.#offset === this.#bytes.length, 'everything announced was written');
    return this.#bytes;
  }
}
