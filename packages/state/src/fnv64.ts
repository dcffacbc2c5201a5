/**
 * FNV-1a with 64 bits, kept in two halves of 32 bits: for every byte, hash = (hash xor byte) * (2^40 + 0x1b3) mod 2^64.
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
    // Four limbs of 16 bits, because products of those with the prime's parts stay below 2^31.
    let limb0 = this.#lower & 0xffff;
    let limb1 = this.#lower >>> 16;
    let limb2 = this.#upper & 0xffff;
    let limb3 = this.#upper >>> 16;
    for (let index = 0; index < bytes.length; index += 1) {
      limb0 ^= bytes[index]!;
      // The prime's 2^40 moves a limb by two places and eight bits.
      const sum2 = limb2 * PRIME_LOWER + (limb0 << 8);
      const sum3 = limb3 * PRIME_LOWER + (limb1 << 8);
      const sum0 = limb0 * PRIME_LOWER;
      const sum1 = limb1 * PRIME_LOWER + (sum0 >>> 16);
      const carried2 = sum2 + (sum1 >>> 16);
      limb0 = sum0 & 0xffff;
      limb1 = sum1 & 0xffff;
      limb2 = carried2 & 0xffff;
      limb3 = (sum3 + (carried2 >>> 16)) & 0xffff;
    }
    this.#lower = ((limb1 << 16) | limb0) >>> 0;
    this.#upper = ((limb3 << 16) | limb2) >>> 0;
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
