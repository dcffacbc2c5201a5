/**
 * Reads little-endian integers and byte strings one after the other and never past the end: every read says what it
 * is for, and one that does not fit is a `STATE_MALFORMED_COMMAND`.
 */

import { malformed } from './malformed-command.ts';

const TWO_TO_32 = 0x1_0000_0000;
/** Safe integers fit 53 bits, which leaves 21 for the upper half. */
const UPPER_HALF_MAX = 0x1f_ffff;

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Invariant: 0 <= offset <= length. */
  #offset = 0;

  /** Reads `bytes` from their start; they are borrowed for the life of the reader. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the next read starts. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that have not been read. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(name: string): number {
    return this.#view.getUint8(this.#advance(1, name));
  }

  uint16(name: string): number {
    return this.#view.getUint16(this.#advance(2, name), true);
  }

  uint32(name: string): number {
    return this.#view.getUint32(this.#advance(4, name), true);
  }

  /** An integer in eight bytes that is a safe integer. */
  uint53(name: string): number {
    const offset = this.#advance(8, name);
    const upper = this.#view.getUint32(offset + 4, true);
    if (upper > UPPER_HALF_MAX) throw malformed(offset, `${name} to be a safe integer`, 'a larger one');
    return upper * TWO_TO_32 + this.#view.getUint32(offset, true);
  }

  /** A view of the next `length` bytes: a plain `Uint8Array`, whatever subclass the bytes came in. */
  bytes(length: number, name: string): Uint8Array {
    const offset = this.#advance(length, name);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + offset, length);
  }

  /** Moves on by `length` bytes and returns where they start. */
  #advance(length: number, name: string): number {
    const offset = this.#offset;
    if (length > this.remaining) {
      throw malformed(offset, `${length} bytes of ${name}`, `${this.remaining} more bytes`);
    }
    this.#offset = offset + length;
    return offset;
  }
}
