/**
 * The memory of a store: everything that its threads share, allocated once at open and never again. What is
 * reserved and not used is address space, not memory: the system gives a page when it is first touched.
 */
import { CodedError } from '@htkv/base';

import { controlBytes } from '../control/shared-memory.ts';
import { orderedBytes } from '../index/ordered-index.ts';
import { PAGES_MIN, UNIT_LOG2 } from '../format/geometry.ts';

/** Gives zeroed memory. `new SharedArrayBuffer` in a store that threads share. */
export type Allocate = (bytes: number) => ArrayBuffer | SharedArrayBuffer;

export interface StoreMemory {
  /** Frames for pages of the log. */
  readonly ring: ArrayBuffer | SharedArrayBuffer;
  /** For each page of the address space, the frame that holds it. */
  readonly pageTable: Int32Array;
  readonly index: Int32Array;
  /** The order of the keys; empty in a store without one. */
  readonly ordered: Int32Array;
  /** Everything else that threads share; see `control/shared-memory.ts`. */
  readonly control: ArrayBuffer | SharedArrayBuffer;
}

/** Of the system. What is asked for beyond whole pages is a header, which halving leaves alone. */
const PAGE_BYTES = 4096;
/** Least memory for an index, and for the order of the keys: enough for a million keys, or three. */
const INDEX_BYTES_LEAST = 2 ** 26;

/**
 * Allocates the memory of a store. Where the system does not lend address space freely index and order of
 * the keys get less than their most, and `STORAGE_FULL` or `STORAGE_ORDER_FULL` comes sooner. Throws `STORAGE_NO_MEMORY` if the system refuses the rest.
 */
export function planMemory(
  allocate: Allocate,
  pageLog2: number,
  ringBytes: number,
  indexBytesMax: number,
  orderedBytesMax = 0,
): StoreMemory {
  const frames = Math.max(PAGES_MIN, Math.floor(ringBytes / 2 ** pageLog2));
  const pages = 2 ** (32 - (pageLog2 - UNIT_LOG2));
  return {
    ring: allocateOrRefuse(allocate, frames * 2 ** pageLog2),
    pageTable: new Int32Array(allocateOrRefuse(allocate, pages * Int32Array.BYTES_PER_ELEMENT)),
    index: new Int32Array(allocateUpTo(allocate, indexBytesMax)),
    ordered: new Int32Array(allocateUpTo(allocate, orderedBytes(orderedBytesMax))),
    control: allocateOrRefuse(allocate, controlBytes(frames)),
  };
}

function allocateUpTo(allocate: Allocate, bytes: number): ArrayBuffer | SharedArrayBuffer {
  if (bytes / 2 < INDEX_BYTES_LEAST) return allocateOrRefuse(allocate, bytes);
  try {
    return allocate(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const header = bytes % PAGE_BYTES;
    return allocateUpTo(allocate, (bytes - header) / 2 + header);
  }
}

function allocateOrRefuse(allocate: Allocate, bytes: number): ArrayBuffer | SharedArrayBuffer {
  try {
    return allocate(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CodedError('STORAGE_NO_MEMORY', `the system does not give ${bytes} bytes of memory`, {
      details: { bytes },
      cause: error,
    });
  }
}
