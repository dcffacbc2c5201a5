/**
 * CRC-32 (IEEE 802.3) without anything of the machine: a checksum against accidents. It finds every single flipped
 * bit and every burst of up to 32 bits; it is no defence against somebody who edits on purpose.
 *
 * Eight bytes at a time (Kounavis and Berry, "slicing-by-8", 2005).
 */

const POLYNOMIAL = 0xedb88320;

/** `TABLES[k * 256 + byte]`: what a byte contributes that is followed by `k` more. */
const TABLES: Int32Array = makeTables();

/** CRC-32 of `bytes` continued from `seed`; an unsigned 32-bit integer. O(bytes). */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return crc32Range(bytes, 0, bytes.length, seed);
}

/** CRC-32 of `bytes[start..end)` continued from `seed`, without a view of the range. O(end - start). */
export function crc32Range(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const tables = TABLES;
  let crc = ~seed;
  let offset = start;
  for (; offset + 8 <= end; offset += 8) {
    const low =
      crc ^
      (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24));
    crc =
      tables[0x700 + (low & 0xff)]! ^
      tables[0x600 + ((low >>> 8) & 0xff)]! ^
      tables[0x500 + ((low >>> 16) & 0xff)]! ^
      tables[0x400 + (low >>> 24)]! ^
      tables[0x300 + bytes[offset + 4]!]! ^
      tables[0x200 + bytes[offset + 5]!]! ^
      tables[0x100 + bytes[offset + 6]!]! ^
      tables[bytes[offset + 7]!]!;
  }
  for (; offset < end; offset += 1) crc = (crc >>> 8) ^ tables[(crc ^ bytes[offset]!) & 0xff]!;
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = (remainder & 1) === 0 ? remainder >>> 1 : (remainder >>> 1) ^ POLYNOMIAL;
    }
    tables[byte] = remainder;
  }
  for (let index = 256; index < tables.length; index += 1) {
    const before = tables[index - 256]!;
    tables[index] = (before >>> 8) ^ tables[before & 0xff]!;
  }
  return tables;
}
