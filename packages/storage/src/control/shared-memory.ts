/**
 * The control memory of a store: what its threads share besides the pages of the log and the index, in one buffer.
 *
 * ```
 * bytes 0        1 Ki            ...                              4 Ki          8 Ki             12 Ki
 *       | words  | control block | publication, clock, job, poison | thread slots | segment counts | segment blocks ...
 *
 *          204 Ki            208 Ki
 *   ... | garbage by slot | snapshot pins | page numbers by frame |
 * ```
 *
 * Words that one thread changes while others watch them lie 64 bytes apart, so that no two share a cache line.
 */
import { SLOT_COUNT } from '../format/geometry.ts';
import { ControlBlock } from './control-block.ts';
import { STORE_FIELDS } from './store-fields.ts';

/** Words of the control memory, as indices of 32-bit integers. */
export const Word = {
  /** Count of the control block. */
  flips: 0,
  /** Who holds the store's lock; see `session/store-lock.ts`. */
  lock: 16,
  /** 1 from when a dead thread's lock is taken over until what it left is made good. */
  repairDue: 17,
  /** Counts publications that take effect in parts; odd while one goes on. See `session/publication.ts`. */
  publication: 32,
  /** Pages that ever entered and left the ring, and frames that were ever used. */
  pagesEntered: 48,
  pagesLeft: 49,
  framesTouched: 50,
  /** 1 once writing has ended for good; see `session/poison.ts`. */
  poison: 64,
  /** The commit job, 40 words; see `io/commit-job.ts`. */
  job: 80,
  /** 1 while somebody does commit jobs, and the id of the thread that does or did last. */
  runner: 128,
  runnerThread: 129,
  /** Grows when more of the log has become durable, and when a thread leaves; see `feed/log-signal.ts`. */
  signal: 144,
  /** Changes whenever keys of a segment may begin to be missing in the index, or are all back; see `index/cold-keys.ts`. */
  coldEpoch: 160,
} as const;

const BLOCK_BYTES = 1024;
const PUBLICATION_BYTES = BLOCK_BYTES + 2 * STORE_FIELDS * 8;
const CLOCK_BYTES = PUBLICATION_BYTES + 64;
const JOB_BYTES = CLOCK_BYTES + 64;
const POISON_BYTES = 2560;
const SLOTS_BYTES = 4096;
const SEGMENT_FLIPS_BYTES = 8192;
const SEGMENT_BLOCKS_BYTES = SEGMENT_FLIPS_BYTES + SLOT_COUNT * 4;

/** Fields of a segment's block; see `segment/segment.ts`. */
export const SEGMENT_FIELDS = 12;
export const JOB_NUMBERS = 24;
/** Bytes that describe why writing has ended. */
export const POISON_TEXT_BYTES: number = SLOTS_BYTES - POISON_BYTES;
/** Threads that can have the store open at a time. */
export const THREAD_SLOTS = 64;
/** 32-bit words of a thread slot. */
export const THREAD_SLOT_WORDS = 16;

const GARBAGE_BYTES = SEGMENT_BLOCKS_BYTES + SLOT_COUNT * 2 * SEGMENT_FIELDS * 8;
const PINS_BYTES = GARBAGE_BYTES + SLOT_COUNT * 4;
/** Numbers that say what snapshots a thread has open; see `session/snapshot-pins.ts`. */
export const PIN_NUMBERS = 3;
const COLD_BYTES: number = PINS_BYTES + THREAD_SLOTS * PIN_NUMBERS * 8;
const PAGE_ORDER_BYTES: number = COLD_BYTES + SLOT_COUNT * 4;

/** Bytes of control memory of a store whose ring has `frames` frames. */
export function controlBytes(frames: number): number {
  return PAGE_ORDER_BYTES + Math.ceil(frames / 2) * 8;
}

export class ControlMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  readonly words: Int32Array;
  readonly block: ControlBlock;
  /** First sequence of the publication that goes on. */
  readonly publicationFirst: Float64Array;
  /** The latest time that anybody has acted on, as a double and as its bits. */
  readonly clock: Float64Array;
  readonly clockBits: BigInt64Array;
  readonly job: Float64Array;
  readonly poisonText: Uint8Array;
  readonly threadSlots: Int32Array;
  /**
   * Units of records that are no longer the newest of their keys, by slot of their segments. A thread that dies may
   * have counted one record too few: it says where compaction is worth while, never what is live.
   */
  readonly garbage: Int32Array;
  readonly pins: Float64Array;
  /** By slot, whether keys of its segment may be missing in the index; see `index/cold-keys.ts`. */
  readonly coldStates: Int32Array;
  /** Page numbers by frame. */
  readonly pageOrder: Int32Array;
  readonly #segmentFlips: Int32Array;

  constructor(buffer: ArrayBuffer | SharedArrayBuffer, frames: number) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, BLOCK_BYTES / 4);
    this.block = new ControlBlock(
      new Float64Array(buffer, BLOCK_BYTES, 2 * STORE_FIELDS),
      this.words,
      Word.flips,
    );
    this.publicationFirst = new Float64Array(buffer, PUBLICATION_BYTES, 1);
    this.clock = new Float64Array(buffer, CLOCK_BYTES, 1);
    this.clockBits = new BigInt64Array(buffer, CLOCK_BYTES, 1);
    this.job = new Float64Array(buffer, JOB_BYTES, JOB_NUMBERS);
    this.poisonText = new Uint8Array(buffer, POISON_BYTES, POISON_TEXT_BYTES);
    this.threadSlots = new Int32Array(buffer, SLOTS_BYTES, THREAD_SLOTS * THREAD_SLOT_WORDS);
    this.#segmentFlips = new Int32Array(buffer, SEGMENT_FLIPS_BYTES, SLOT_COUNT);
    this.garbage = new Int32Array(buffer, GARBAGE_BYTES, SLOT_COUNT);
    this.pins = new Float64Array(buffer, PINS_BYTES, THREAD_SLOTS * PIN_NUMBERS);
    this.coldStates = new Int32Array(buffer, COLD_BYTES, SLOT_COUNT);
    this.pageOrder = new Int32Array(buffer, PAGE_ORDER_BYTES, frames);
  }

  /** The block of the segment in `slot`. */
  segmentBlock(slot: number): ControlBlock {
    const values = new Float64Array(
      this.buffer,
      SEGMENT_BLOCKS_BYTES + slot * 2 * SEGMENT_FIELDS * 8,
      2 * SEGMENT_FIELDS,
    );
    return new ControlBlock(values, this.#segmentFlips, slot);
  }
}
