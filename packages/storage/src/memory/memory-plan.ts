/**
 * The memory of a store: everything that its threads share, allocated once at open and never again. What is
 * reserved and not used is address space, not memory: the system gives a page when it is first touched.
 */
import { SLOT_LOG2, UNIT_LOG2 } from '../format/geometry.ts';

/** Gives zeroed memory. `new SharedArrayBuffer` in a store that threads share. */
export type Allocate = (bytes: number) => ArrayBuffer | SharedArrayBuffer;

export interface StoreMemory {
  /** Frames for pages of the log. */
  readonly ring: ArrayBuffer | SharedArrayBuffer;
  /** For each page of the address space, the frame that holds it. */
  readonly pageTable: Int32Array;
  readonly index: Int32Array;
}

/** Fewest frames that a ring works with. */
export const FRAMES_MIN = 8;

/** Allocates the memory of a store. Throws a `RangeError` if the system refuses it. */
export function planMemory(
  allocate: Allocate,
  pageLog2: number,
  ringBytes: number,
  indexBytesMax: number,
): StoreMemory {
  const frames = Math.max(FRAMES_MIN, Math.floor(ringBytes / 2 ** pageLog2));
  const pages = 2 ** (32 - (pageLog2 - UNIT_LOG2));
  return {
    ring: allocate(frames * 2 ** pageLog2),
    pageTable: new Int32Array(allocate(pages * Int32Array.BYTES_PER_ELEMENT)),
    index: new Int32Array(allocate(indexBytesMax)),
  };
}

/** Pages in a slot of the address space. */
export function pagesPerSlot(pageLog2: number): number {
  return 2 ** (SLOT_LOG2 - pageLog2);
}
