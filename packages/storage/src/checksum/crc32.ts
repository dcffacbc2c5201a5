/**
 * CRC-32 (IEEE 802.3), the store's checksum against accidents. Every use is seeded: with a segment's salt and the
 * position of what is checked, so that stale bytes of a recycled file, bytes at the wrong place and frames that
 * a value happens to contain do not check out. It is no defence against an attacker who can edit files.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';

/** CRC-32 of `bytes` continued from `seed`; an unsigned 32-bit integer. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed) >>> 0;
}
