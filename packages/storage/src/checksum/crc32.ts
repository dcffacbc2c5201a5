/**
 * CRC-32 (IEEE 802.3), the store's checksum against accidents. Every use is seeded: with a segment's salt and the
 * position of what is checked, so that stale bytes of a recycled file, bytes at the wrong place and frames that
 * a value happens to contain do not check out. It is no defence against an attacker who can edit files.
 *
 * Node's own is the faster one for blocks, but a call of it costs as much as a hundred bytes. Short runs are done
 * here, eight bytes at a time (Kounavis and Berry, "slicing-by-8", 2005).
 */
import { crc32 as zlibCrc32 } from 'node:zlib';

/** Below this length the tables win; measured on x64 with Node 24. */
const TABLES_BYTES_MAX = 256;

const POLYNOMIAL = 0xedb88320;

/** `TABLES[k * 256 + byte]`: what a byte contributes that is followed by `k` more. */
const TABLES: Int32Array = makeTables();

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

/** CRC-32 of `bytes` continued from `seed`; an unsigned 32-bit integer. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (bytes.length > TABLES_BYTES_MAX) return zlibCrc32(bytes, seed) >>> 0;
  return crc32Range(bytes, 0, bytes.length, seed);
}

/** CRC-32 of `bytes[start..end)` continued from `seed`, without a view of the range for short ones. */
export function crc32Range(bytes: Uint8Array, start: number, end: number, seed: number): number {
  if (end - start > TABLES_BYTES_MAX) return zlibCrc32(bytes.subarray(start, end), seed) >>> 0;
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
