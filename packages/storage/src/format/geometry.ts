/**
 * The sizes that everything in the log is measured in. A unit is the alignment of records; a page is the longest
 * run that a record may not cross, so that a page in memory is the image of the same page in the file; a slot is
 * one segment's share of the 32-bit address space.
 */
import { assert } from '@htkv/base';

export const UNIT_LOG2 = 4;
/** Bytes in a unit. Every record begins at a multiple of it. */
export const UNIT_BYTES: number = 1 << UNIT_LOG2;

export const SLOT_LOG2 = 26;
/** Bytes of address space per segment: no segment is ever longer. */
export const SLOT_BYTES: number = 2 ** SLOT_LOG2;
/** Segments that can exist at a time: 32-bit addresses of units over slots. */
export const SLOT_COUNT: number = 2 ** (32 - (SLOT_LOG2 - UNIT_LOG2));

export const PAGE_LOG2_MIN = 17;
export const PAGE_LOG2_MAX = 20;

assert(PAGE_LOG2_MAX <= 16 + UNIT_LOG2, 'the units of a record fit 16 bits');

/** Fewest pages that a store keeps in memory. */
export const PAGES_MIN = 8;

/**
 * The page of a new store: 1 MiB, smaller where segments are smaller or memory for {@link PAGES_MIN} of them is, never
 * too small for the longest key.
 */
export function pageLog2For(segmentBytesMax: number, memoryBudget: number): number {
  const fits = Math.min(
    Math.ceil(Math.log2(segmentBytesMax)),
    Math.floor(Math.log2(memoryBudget / PAGES_MIN)),
  );
  return Math.min(PAGE_LOG2_MAX, Math.max(PAGE_LOG2_MIN, fits));
}

/** Values longer than this lie in a file of their own: a quarter of a page. */
export function inlineValueBytesMax(pageLog2: number): number {
  return 2 ** pageLog2 / 4;
}

/** `bytes` rounded up to whole units. */
export function alignToUnit(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;
}
