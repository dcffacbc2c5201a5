/**
 * Where items of the log lie: one behind the other, except that none crosses the end of a page; what would starts on
 * the next page, behind padding. Offsets and lengths are bytes.
 */
import { assert } from '@htkv/base';

/** Where an item of `bytes` lies that comes behind `offset`. */
export function offsetBehind(offset: number, bytes: number, pageBytes: number): number {
  assert(bytes <= pageBytes, 'an item fits a page');
  const left = pageBytes - (offset % pageBytes);
  return bytes > left ? offset + left : offset;
}

/** Where items of the given sizes end that come behind `offset`, in this order. */
export function endBehind(offset: number, sizes: readonly number[], pageBytes: number): number {
  let end = offset;
  for (const bytes of sizes) end = offsetBehind(end, bytes, pageBytes) + bytes;
  return end;
}
