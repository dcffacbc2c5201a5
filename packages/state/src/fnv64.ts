/**
 * FNV-1a with 64 bits, from two halves of 32 bits, because a product of such halves with the small part of the prime
 * still is an exact integer: for every byte, hash = (hash xor byte) * (2^40 + 0x1b3) mod 2^64.
 */

const OFFSET_BASIS_UPPER = 0xcbf2_9ce4;
const OFFSET_BASIS_LOWER = 0x8422_2325;
/** The prime without its 2^40. */
const PRIME_LOWER = 0x1b3;
const TWO_TO_32 = 0x1_0000_0000;

export class Fnv64 {
  #upper: number = OFFSET_BASIS_UPPER;
  #lower: number = OFFSET_BASIS_LOWER;
  readonly #integer: Uint8Array = new Uint8Array(8);
  readonly #integerView: DataView = new DataView(this.#integer.buffer);

  add(bytes: Uint8Array): void {
    let upper = this.#upper;
    let lower = this.#lower;
    for (let index = 0; index < bytes.length; index += 1) {
      const mixed = (lower ^ bytes[index]!) >>> 0;
      // Below 2^41, as is the sum further down, so both are exact.
      const product = mixed * PRIME_LOWER;
      lower = product >>> 0;
      // Of mixed * 2^40, the upper half gets mixed * 2^8.
      upper = (upper * PRIME_LOWER + Math.floor(product / TWO_TO_32) + (mixed << 8)) >>> 0;
    }
    this.#upper = upper;
    this.#lower = lower;
  }

  /** A safe integer as eight bytes, little-endian; `undefined` as eight bytes 0xff, which no safe integer has. */
  addInteger(integer: number | undefined): void {
    if (integer === undefined) {
      this.#integer.fill(0xff);
    } else {
      this.#integerView.setUint32(0, integer % TWO_TO_32, true);
      this.#integerView.setUint32(4, Math.floor(integer / TWO_TO_32), true);
    }
    this.add(this.#integer);
  }

  /** The hash so far as 16 hexadecimal digits, upper half first. */
  toHex(): string {
    return hexOf(this.#upper) + hexOf(this.#lower);
  }
}

function hexOf(half: number): string {
  return half.toString(16).padStart(8, '0');
}
