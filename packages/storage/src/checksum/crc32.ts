/**
 * CRC-32 (IEEE 802.3), the store's checksum against accidents. Every use is seeded: with a segment's salt and the
 * position of what is checked, so that stale bytes of a recycled file, bytes at the wrong place and frames that
 * a value happens to contain do not check out. It is no defence against an attacker who can edit files.
 *
 * Node's own is the faster one for blocks, but a call of it costs as much as a hundred bytes. Short runs are done by
 * tables.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';

import { crc32Range as tablesCrc32Range } from '@htkv/base';

/** Below this length the tables win; measured on x64 with Node 24. */
const TABLES_BYTES_MAX = 256;

/** CRC-32 of `bytes` continued from `seed`; an unsigned 32-bit integer. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (bytes.length > TABLES_BYTES_MAX) return zlibCrc32(bytes, seed) >>> 0;
  return tablesCrc32Range(bytes, 0, bytes.length, seed);
}

/** CRC-32 of `bytes[start..end)` continued from `seed`, without a view of the range for short ones. */
export function crc32Range(bytes: Uint8Array, start: number, end: number, seed: number): number {
  if (end - start > TABLES_BYTES_MAX) return zlibCrc32(bytes.subarray(start, end), seed) >>> 0;
  return tablesCrc32Range(bytes, start, end, seed);
}
