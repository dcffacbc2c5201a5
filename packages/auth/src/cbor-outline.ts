/**
 * A look at the outline of a CBOR item before it is decoded: definite lengths that fit the bytes, text as the keys of
 * maps, little nesting, and of all the kinds of CBOR only those that records use. A decoder of general purpose knows
 * tags that make dates, patterns and classes, and lengths that ask for memory; it never meets them here.
 */

const DEPTH_MAX = 3;
const MAJOR = { unsigned: 0, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;
const FLOAT_64 = 0xfb;

/** Whether `bytes` is one item of that outline, from the first byte to the last. O(items). */
export function hasRecordOutline(bytes: Uint8Array): boolean {
  return itemEnd(bytes, 0, DEPTH_MAX) === bytes.length;
}

/** Where the item at `offset` ends; -1 if it is none of ours. */
function itemEnd(bytes: Uint8Array, offset: number, depth: number): number {
  const first = bytes[offset];
  if (first === undefined || depth < 0) return -1;
  if (first === FLOAT_64) return within(bytes, offset + 9);
  const major = first >> 5;
  const length = first & 0x1f;
  const size = length < 24 ? 0 : length === 24 ? 1 : length === 25 ? 2 : length === 26 ? 4 : -1;
  if (size < 0 || major === MAJOR.simple) return -1;
  const start = offset + 1 + size;
  if (start > bytes.length) return -1;
  let count = size === 0 ? length : 0;
  for (let index = offset + 1; index < start; index += 1) count = count * 256 + bytes[index]!;
  if (major === MAJOR.unsigned) return start;
  if (major === MAJOR.bytes || major === MAJOR.text) return within(bytes, start + count);
  // Every item takes a byte at least, so the count is bounded before anything is done that often.
  if (major === MAJOR.array)
    return count > bytes.length ? -1 : itemsEnd(bytes, start, count, depth - 1, false);
  if (major === MAJOR.map)
    return count > bytes.length ? -1 : itemsEnd(bytes, start, count * 2, depth - 1, true);
  return -1;
}

function itemsEnd(bytes: Uint8Array, start: number, count: number, depth: number, isMap: boolean): number {
  let offset = start;
  for (let index = 0; index < count; index += 1) {
    if (isMap && index % 2 === 0 && (bytes[offset] ?? 0) >> 5 !== MAJOR.text) return -1;
    offset = itemEnd(bytes, offset, depth);
    if (offset < 0) return -1;
  }
  return offset;
}

function within(bytes: Uint8Array, end: number): number {
  return end <= bytes.length ? end : -1;
}
