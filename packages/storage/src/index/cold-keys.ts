/**
 * Keys that have left the index, because it is to take no more memory than it was given: they are found through the
 * footers of the sealed segments that their newest records lie in, and come back when they are looked for.
 *
 * Keys leave by whole segments, the oldest first. Of each segment a state in shared memory says whether keys whose newest
 * record lies in it may be missing in the index:
 *
 * ```
 * present -- chosen when the index would outgrow its goal --> missing -- compaction has begun --> returning
 *    '---------------- compaction has begun ---------------> held <-- all of them are back --------'
 * ```
 *
 * Cells leave with rebuilds only, and only those of segments that are missing some. The states change in turns, and the
 * epoch changes before the first cell is gone, and before nobody asks a segment any more. So a reader who finds the epoch
 * unchanged has asked all segments that could have had the key. Compaction looks at a segment's records when all of its
 * keys are back, and nobody asks the segment from then on: what compaction drops stays dropped.
 *
 * A key with a deadline does not leave: who has expired is asked of the index.
 */
import { CodedError, equalBytes } from '@htkv/base';

import { Word, type ControlMemory } from '../control/shared-memory.ts';
import { Field } from '../control/store-fields.ts';
import { SLOT_COUNT, UNIT_LOG2 } from '../format/geometry.ts';
import { SegmentState } from '../format/manifest.ts';
import { addressOf, slotOf } from '../log/address.ts';
import type { LogReader } from '../log/log-reader.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import type { CellKeeper } from './cell-keeper.ts';
import { FooterCache, type AskedSegment, type FooterStats } from './footer-cache.ts';

/** See above. Which keys are in the index: all, not all, not all yet, all and none leaves. */
const ColdState = { present: 0, missing: 1, returning: 2, held: 3 } as const;

/** A cell has two words, and a table has a region of its own beside that of the one it is rebuilt into. */
const BYTES_PER_CELL = 16;

export interface ColdParts {
  readonly segments: SegmentTable;
  readonly ring: PageRing;
  readonly control: ControlMemory;
  /** Of its own: others stand on the records of theirs. */
  readonly reader: LogReader;
}

export class ColdKeys implements CellKeeper {
  readonly budget: number;
  readonly capacityLog2Goal: number;
  readonly #parts: ColdParts;
  readonly #states: Int32Array;
  readonly #words: Int32Array;
  readonly #footers: FooterCache;
  /** Segments that may have keys which the index lacks, newest first, as of an epoch. */
  #asked: readonly AskedSegment[] = [];
  #askedAt = -1;
  #runTurn: (<Result>(step: () => Result) => Result) | undefined;

  /** Half of `budget`, bytes, is for the index, and half for what this thread keeps of footers. */
  constructor(budget: number, parts: ColdParts) {
    this.budget = budget;
    this.#parts = parts;
    this.#states = parts.control.coldStates;
    this.#words = parts.control.words;
    this.capacityLog2Goal = Math.floor(Math.log2(budget / 2 / BYTES_PER_CELL));
    this.#footers = new FooterCache(budget / 2, parts.ring);
  }

  get stats(): FooterStats {
    return this.#footers.stats;
  }

  /** Says how a turn is run, once there is a session. */
  takeTurnsBy(runTurn: <Result>(step: () => Result) => Result): void {
    this.#runTurn = runTurn;
  }

  /** Runs a step in a turn. */
  inTurn<Result>(step: () => Result): Result {
    return this.#runTurn === undefined ? step() : this.#runTurn(step);
  }

  /** Who finds it unchanged after a look knows that no key has begun to leave or is back meanwhile. Any thread. */
  get epoch(): number {
    return Atomics.load(this.#words, Word.coldEpoch);
  }

  /** Whether any key may be missing in the index. */
  get isAnyMissing(): boolean {
    return this.#states.some((state) => isAsked(state));
  }

  /** False if no key with that hash is missing in the index; true also where that takes a turn to know. Any thread. */
  mayHold(keyHash: number, epoch: number): boolean {
    if (this.#askedAt !== epoch) this.#look(epoch);
    for (const { footer } of this.#asked) if (footer === undefined || footer.mayHold(keyHash)) return true;
    return false;
  }

  /** Address of the newest record of a key that the index lacks, 0 if there is none. In a turn. Throws as reading does. */
  resolve(keyHash: number, key: Uint8Array): number {
    this.#look(this.epoch);
    return this.#resolveBefore(this.#asked.length, keyHash, key);
  }

  /** As {@link resolve}, in the first `count` of the segments. */
  #resolveBefore(count: number, keyHash: number, key: Uint8Array): number {
    for (let index = 0; index < count; index += 1) {
      const address = this.#footers.find(this.#asked[index]!, keyHash, key, (at) => this.#isOf(at, key));
      if (address !== 0) return address;
    }
    return 0;
  }

  /**
   * Addresses of the newest records of all keys that the index lacks; `isInIndex` says of a key whether it has it. In one
   * turn. Throws where a segment cannot be read. O(records of the segments), each with a few reads.
   */
  *addresses(isInIndex: (key: Uint8Array) => boolean): Generator<number, void, undefined> {
    this.#look(this.epoch);
    const { reader } = this.#parts;
    for (const [index, { segment }] of this.#asked.entries()) {
      const { units, count } = this.#footers.entriesOf(segment);
      for (let entry = 0; entry < count; entry += 1) {
        const address = addressOf(segment.slot, units[entry]! * 2 ** UNIT_LOG2);
        reader.open(address);
        const { keyHash } = reader;
        const key = reader.copyKey();
        if (isInIndex(key) || this.#resolveBefore(index, keyHash, key) !== 0) continue;
        // Of several records with the hash in this segment the newest may be another one.
        if (this.#resolveBefore(index + 1, keyHash, key) === address) yield address;
      }
    }
  }

  makeRoom(keys: number, wanted: number): number {
    const { segments, control } = this.#parts;
    let left = keys;
    let isChanged = false;
    for (const segment of segments.inLog) {
      if (left <= wanted) break;
      if (!this.#canLeave(segment)) continue;
      const garbageBytes = control.garbage[segment.slot]! * 2 ** UNIT_LOG2;
      const live = segment.recordCount * Math.max(0, 1 - garbageBytes / segment.bytes);
      Atomics.store(this.#states, segment.slot, ColdState.missing);
      isChanged = true;
      left -= live;
    }
    if (isChanged) this.#beginEpoch();
    return Math.max(0, left);
  }

  /** Keys are missing that had their newest records in sealed segments up to the one with id `segmentId`. In recovery. */
  expectMissing(segmentId: number): void {
    for (const segment of this.#parts.segments.inLog) {
      const isSealed = segment.state === SegmentState.sealed;
      if (isSealed && segment.segmentId <= segmentId)
        Atomics.store(this.#states, segment.slot, ColdState.missing);
    }
    this.#beginEpoch();
  }

  /** As {@link makeRoom}, in recovery: the number of keys in each slot is known. Returns the slots whose keys leave. */
  leavingSlots(keys: number, wanted: number, keysBySlot: Int32Array): ReadonlySet<number> {
    const leaving = new Set<number>();
    let left = keys;
    for (const segment of this.#parts.segments.inLog) {
      if (left <= wanted) break;
      if (!this.isMissingIn(segment.slot) && !this.#canLeave(segment)) continue;
      Atomics.store(this.#states, segment.slot, ColdState.missing);
      leaving.add(segment.slot);
      left -= keysBySlot[segment.slot]!;
    }
    this.#beginEpoch();
    return leaving;
  }

  isLeaving(address: number): boolean {
    if (!this.isMissingIn(slotOf(address))) return false;
    if (this.#parts.control.block.get(Field.keysWithDeadline) === 0) return true;
    const { reader } = this.#parts;
    try {
      reader.open(address);
      return reader.expiresAt === undefined;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return false;
    }
  }

  /** Whether keys leave that have their newest records in `slot`. */
  isMissingIn(slot: number): boolean {
    return this.#states[slot] === ColdState.missing;
  }

  /** From now on no key leaves that has its newest record in `segment`; true if all of them are in the index. In a turn. */
  hold({ slot }: Segment): boolean {
    const state = this.#states[slot];
    if (state === ColdState.missing) Atomics.store(this.#states, slot, ColdState.returning);
    else if (state === ColdState.present) Atomics.store(this.#states, slot, ColdState.held);
    return this.#states[slot] === ColdState.held;
  }

  /** All keys are in the index that have their newest records in `segment`, since it was {@link hold}. In a turn. */
  endReturning({ slot }: Segment): void {
    // Before: who missed a key that has come back since, and finds the segment not to be asked, looks again.
    this.#beginEpoch();
    Atomics.store(this.#states, slot, ColdState.held);
    // After: whoever still asks the segment would find what compaction drops.
    this.#beginEpoch();
  }

  /** A thread that died may have changed states and not said so. */
  repair(): void {
    this.#beginEpoch();
  }

  #beginEpoch(): void {
    Atomics.add(this.#words, Word.coldEpoch, 1);
  }

  #canLeave(segment: Segment): boolean {
    return (
      this.#states[segment.slot] === ColdState.present &&
      segment.state === SegmentState.sealed &&
      segment.recordCount > 0 &&
      this.#footers.canFind(segment)
    );
  }

  /** Finds out which segments are to be asked. */
  #look(epoch: number): void {
    if (this.#askedAt === epoch) return;
    const found: Segment[] = [];
    for (let slot = 0; slot < SLOT_COUNT; slot += 1) {
      if (!isAsked(this.#states[slot]!)) continue;
      const segment = this.#parts.segments.find(slot);
      if (segment !== undefined) found.push(segment);
    }
    this.#asked = this.#footers.only(found.sort((one, other) => other.segmentId - one.segmentId));
    this.#askedAt = epoch;
  }

  #isOf(address: number, key: Uint8Array): boolean {
    const { reader } = this.#parts;
    reader.open(address);
    return equalBytes(reader.copyKey(), key);
  }
}

/** Undefined where every key stays in the index. */
export function coldKeysOf(
  { indexMemoryBudget }: { readonly indexMemoryBudget: number | undefined },
  parts: ColdParts,
): ColdKeys | undefined {
  return indexMemoryBudget === undefined ? undefined : new ColdKeys(indexMemoryBudget, parts);
}

function isAsked(state: number): boolean {
  return state === ColdState.missing || state === ColdState.returning;
}
