/**
 * Compaction: what is still needed of a segment is appended again, and the segment leaves the log.
 *
 * ```
 *  in the log -- what is needed is copied, the copies are durable --> condemned, and no manifest names it
 *     condemned -- nobody sees an older state any more --> its slot is free, its file is gone
 * ```
 *
 * Everything is done in turns of bounded length, by whichever thread has started a pass; readers are never kept out.
 * A thread that dies in the middle of a pass leaves copies that took the places of their originals, or a condemned
 * segment: the next pass of any thread, and the next open, go on from there.
 */
import { assert, CodedError } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { SLOT_BYTES, UNIT_BYTES } from '../format/geometry.ts';
import { storeFileName } from '../format/file-names.ts';
import { SegmentState } from '../format/manifest.ts';
import { removeQuietly } from '../fs/checked-io.ts';
import { addressOf, slotOf } from '../log/address.ts';
import type { HybridLog } from '../log/hybrid-log.ts';
import type { RecordAppender } from '../record-appender.ts';
import type { Segment } from '../segment/segment.ts';
import type { StoreParts } from '../store-parts.ts';
import {
  chooseVictim,
  garbageShare,
  isOverBound,
  leastRatioOf,
  type CompactableSegment,
  type CompactionOptions,
} from './compaction-policy.ts';
import type { CompactionOwner } from './compaction-owner.ts';
import type { CompactionReport } from './compaction-report.ts';
import { ExpirySweep } from './expiry-sweep.ts';
import { SegmentEvacuation } from './segment-evacuation.ts';

/** About as much as the sections at the end of a sealed segment take for each of its records, and its footer. */
const ENDING_BYTES_PER_RECORD = 8;
const FOOTER_BYTES = 128;
/** What a turn of a pass looks at, at most; about a millisecond of work. */
const STEP_BYTES = 512 * 1024;
/** How often it is looked what has expired, which takes a look at every deadline. */
const OVERDUE_INTERVAL_MS = 10_000;

/** A pass over the log. */
export interface CompactionPass {
  /** Does a little more, in a turn of its own; false once the pass is complete. Throws what appending throws. */
  step(): boolean;
  /** What was done so far. */
  readonly report: CompactionReport;
}

function endingBytesOf(recordCount: number): number {
  return recordCount * ENDING_BYTES_PER_RECORD + FOOTER_BYTES;
}

interface Candidate extends CompactableSegment {
  readonly segment: Segment;
}

export class Compactor {
  readonly #parts: StoreParts;
  readonly #log: HybridLog;
  readonly #appender: RecordAppender;
  readonly #control: ControlBlock;
  readonly #options: CompactionOptions;
  readonly #owner: CompactionOwner;
  /** Segments that cannot be emptied, because something in them cannot be read. */
  readonly #damaged = new Set<number>();
  /** Values to be removed with condemned segments, by the segments' ids. */
  readonly #unneededValues = new Map<number, readonly number[]>();
  /** Bytes of records whose deadline passed long ago, about, by slot of their segments; and as of when. */
  #overdueBytes = new Map<number, number>();
  #overdueAt = -Infinity;
  /** Up to when the age of deletions counts, if not up to the noted time; milliseconds since the epoch. */
  #commandTime: number | undefined;
  /** Before this time no deletion that was met is old enough to be forgotten. */
  #nothingForgettableBefore = 0;

  constructor(
    parts: StoreParts,
    log: HybridLog,
    appender: RecordAppender,
    options: CompactionOptions,
    owner: CompactionOwner,
  ) {
    this.#parts = parts;
    this.#log = log;
    this.#appender = appender;
    this.#control = parts.control.block;
    this.#options = options;
    this.#owner = owner;
  }

  /**
   * Deletions are as old as commands say: what is forgotten is so by the latest `time` that this was called with, and not
   * by the noted time. For whoever wants it, from the begin on.
   */
  noteCommandTime(time: number): void {
    if (this.#commandTime === undefined || time > this.#commandTime) this.#commandTime = time;
  }

  /** Whether there is something that a pass would do. In this thread's turn. O(segments). */
  get isDue(): boolean {
    if (this.#parts.clock.highWater >= this.#overdueAt + OVERDUE_INTERVAL_MS) this.#countOverdue();
    return (
      this.#victim(false, new Set()) !== undefined || this.#condemned.some((segment) => this.#isFree(segment))
    );
  }

  /** Whether the log takes more room than it may. In this thread's turn. O(segments). */
  get isPressing(): boolean {
    let otherBytes = 0;
    for (const segment of this.#parts.segments.inOrder) {
      if (segment.isCondemned) otherBytes += segment.bytes;
      if (segment.state === SegmentState.sealed) otherBytes += endingBytesOf(segment.recordCount);
    }
    return isOverBound(this.#candidates(), otherBytes, this.#parts.identity.maxSegmentSize);
  }

  /** Whether a forced pass would free anything. In this thread's turn. O(segments). */
  get canFree(): boolean {
    const { active } = this.#parts.segments;
    const least = leastRatioOf(this.#options, true);
    if (active !== undefined && garbageShare(this.#candidate(active), false) >= least) return true;
    const hasFree = this.#condemned.some((segment) => this.#isFree(segment));
    return hasFree || this.#victim(true, new Set()) !== undefined;
  }

  /** Begins a pass. A forced one seals the segment that is written to, and takes what is hardly worth it as well. */
  begin(isForced: boolean): CompactionPass {
    return new Pass(this, isForced);
  }

  /**
   * Begins a sweep over what has expired by the time `now`, in this thread's turn; undefined if there is nothing to sweep.
   * O(keys with a deadline).
   */
  beginSweep(now: number): ExpirySweep | undefined {
    const sweep = new ExpirySweep(
      this.#parts,
      this.#appender,
      this.#options,
      this.#owner,
      this.#commandTime ?? now,
    );
    return sweep.isDone ? undefined : sweep;
  }

  /** Makes room until the log is within its bounds, as far as that can be done now. In this thread's turn. */
  relieve(): void {
    const pass = this.begin(false);
    while (this.isPressing && pass.step());
  }

  /** One step of a pass: goes on with `evacuation`, or says what is to be emptied next. */
  advance(pass: PassState): boolean {
    return this.#owner.inTurn(() => {
      pass.removed.push(...this.#releaseCondemned());
      if (pass.evacuation !== undefined) this.#empty(pass, pass.evacuation);
      else if (pass.isForced && !pass.hasSealed) this.#sealActive(pass);
      else return this.#next(pass);
      return true;
    });
  }

  /** Segments that are no part of the log and still there. */
  get #condemned(): readonly Segment[] {
    return this.#parts.segments.inOrder.filter((segment) => segment.isCondemned);
  }

  /** For {@link CompactionReport}. */
  get retained(): number {
    return this.#condemned.length;
  }

  #sealActive(pass: PassState): void {
    this.#countOverdue();
    const { active, inLog } = this.#parts.segments;
    if (active !== undefined) {
      const isForgetting = active === inLog[0] && this.#isForgetting;
      const ratio = garbageShare(this.#candidate(active), isForgetting);
      if (ratio >= leastRatioOf(this.#options, true)) this.#log.seal();
    }
    pass.hasSealed = true;
    pass.lastSegmentId = this.#parts.segments.last?.segmentId ?? 0;
  }

  #next(pass: PassState): boolean {
    const victim = this.#victim(pass.isForced, pass.visited);
    if (victim === undefined || victim.segmentId > pass.lastSegmentId) return false;
    pass.visited.add(victim.segmentId);
    pass.evacuation = new SegmentEvacuation(victim, {
      control: this.#control,
      index: this.#parts.index,
      appender: this.#appender,
      ring: this.#parts.ring,
    });
    return true;
  }

  #empty(pass: PassState, evacuation: SegmentEvacuation): void {
    const { segment } = evacuation;
    if (!segment.isPresent || segment.isCondemned) {
      // Another thread was quicker.
      pass.finish(evacuation);
      return;
    }
    try {
      evacuation.step(STEP_BYTES, {
        now: this.#now,
        tombstoneGraceMs: this.#options.tombstoneGraceMs,
        isOldest: this.#parts.segments.inLog[0] === segment,
        keptFrom: this.#owner.keptFrom(),
      });
    } catch (error) {
      if (!(error instanceof CodedError) || error.details['path'] !== segment.path) throw error;
      this.#damaged.add(segment.segmentId);
      pass.damages.push(error);
      pass.finish(evacuation);
      return;
    }
    if (!evacuation.isDone) return;
    this.#nothingForgettableBefore = Math.max(this.#nothingForgettableBefore, evacuation.forgettableAt);
    this.#condemn(evacuation);
    pass.finish(evacuation);
    pass.removed.push(...this.#releaseCondemned());
  }

  /** Everything that is needed of the segment is elsewhere: once that is durable, the log goes on without it. */
  #condemn({ segment, unneededValues }: SegmentEvacuation): void {
    this.#log.commit(true);
    assert(segment !== this.#parts.segments.active, 'what is written to is not compacted');
    if (unneededValues.length > 0) this.#unneededValues.set(segment.segmentId, unneededValues);
    this.#control.set(Field.segmentsEmptied, this.#control.get(Field.segmentsEmptied) + 1);
    this.#noteHistory(segment);
    segment.condemn(this.#control.get(Field.lastSequence), this.#control.get(Field.nextGeneration));
    this.#parts.catalog.publish(false);
  }

  /** The writes of a segment are about to leave the log: copies of them are no writes. */
  #noteHistory({ firstSequence, lastSequence }: Segment): void {
    // A segment that has nothing but copies keeps the place that the commit order was at.
    if (lastSequence < firstSequence) return;
    const before = this.#control.get(Field.compactedSequence);
    this.#control.set(Field.compactedSequence, Math.max(before, lastSequence));
  }

  /** Removes the condemned segments that nobody needs, and returns their sizes. */
  #releaseCondemned(): number[] {
    const removed: number[] = [];
    for (const segment of this.#condemned) {
      if (!this.#isFree(segment)) continue;
      // The thread that condemned it may have died before a manifest left it out.
      if (this.#control.get(Field.publishedGeneration) < segment.goneWithGeneration) {
        this.#log.commit(true);
        this.#parts.catalog.publish(false);
      }
      removed.push(segment.bytes);
      this.#remove(segment);
    }
    return removed;
  }

  #isFree(segment: Segment): boolean {
    return this.#owner.keptFrom() >= segment.emptiedAt;
  }

  #remove(segment: Segment): void {
    const { ring, segments, fileSystem, identity, values } = this.#parts;
    ring.forget(addressOf(segment.slot, UNIT_BYTES), SLOT_BYTES / ring.pageBytes);
    this.#control.stage(Field.segmentsRemoved, this.#control.get(Field.segmentsRemoved) + 1);
    this.#control.stage(Field.bytesRemoved, this.#control.get(Field.bytesRemoved) + segment.bytes);
    this.#control.publish();
    segments.remove(segment);
    this.#overdueBytes.delete(segment.slot);
    removeQuietly(
      fileSystem,
      fileSystem.join(identity.directory, storeFileName('segment', segment.segmentId)),
    );
    for (const valueId of this.#unneededValues.get(segment.segmentId) ?? [])
      values.discard(valueId, valueId + 1);
    this.#unneededValues.delete(segment.segmentId);
  }

  #victim(isForced: boolean, visited: ReadonlySet<number>): Segment | undefined {
    const candidates = this.#candidates();
    const open = candidates.filter(
      ({ segmentId }) => !visited.has(segmentId) && !this.#damaged.has(segmentId),
    );
    const isOldestOpen = open[0] !== undefined && open[0] === candidates[0];
    return chooseVictim(open, leastRatioOf(this.#options, isForced), this.#isForgetting && isOldestOpen)
      ?.segment;
  }

  #candidates(): readonly Candidate[] {
    return this.#parts.segments.inLog.map((segment) => this.#candidate(segment));
  }

  #candidate(segment: Segment): Candidate {
    const { segmentId, state, bytes, deleteCount } = segment;
    const counted = this.#parts.control.garbage[segment.slot]! * UNIT_BYTES;
    // Both are estimates at times; a segment is never more than all garbage.
    const garbageBytes = Math.min(bytes, counted + (this.#overdueBytes.get(segment.slot) ?? 0));
    return { segment, segmentId, state, bytes, garbageBytes, deleteCount };
  }

  /** How much of each segment is records that have expired and need not be remembered. O(keys with a deadline). */
  #countOverdue(): void {
    this.#overdueAt = this.#parts.clock.highWater;
    try {
      this.#overdueBytes = this.#overdueBySlot();
    } catch (error) {
      // Damage to a record is for whoever checks the store to tell; without its deadline the estimate stays as it was.
      if (!(error instanceof CodedError)) throw error;
    }
  }

  #overdueBySlot(): Map<number, number> {
    const { index, segments } = this.#parts;
    const bytes = new Map<number, number>();
    for (const address of index.overdue(this.#now - this.#options.tombstoneGraceMs)) {
      const slot = slotOf(address);
      const segment = segments.at(slot);
      const average = segment.recordCount === 0 ? 0 : segment.bytes / segment.recordCount;
      bytes.set(slot, (bytes.get(slot) ?? 0) + average);
    }
    return bytes;
  }

  /** Up to when the age of deletions and of what has expired counts. */
  get #now(): number {
    return this.#commandTime ?? this.#parts.clock.highWater;
  }

  /** Whether some deletion may be old enough to be forgotten. */
  get #isForgetting(): boolean {
    return this.#now >= this.#nothingForgettableBefore;
  }
}

/** What the steps of a pass hand on to each other. */
interface PassState {
  readonly isForced: boolean;
  readonly visited: Set<number>;
  readonly damages: CodedError[];
  /** Sizes of the segments that were removed. */
  readonly removed: number[];
  hasSealed: boolean;
  /** Segments that came later are left to the next pass. */
  lastSegmentId: number;
  evacuation: SegmentEvacuation | undefined;
  finish(evacuation: SegmentEvacuation): void;
}

class Pass implements CompactionPass, PassState {
  readonly isForced: boolean;
  readonly visited = new Set<number>();
  readonly damages: CodedError[] = [];
  readonly removed: number[] = [];
  hasSealed = false;
  lastSegmentId = Infinity;
  evacuation: SegmentEvacuation | undefined;
  readonly #compactor: Compactor;
  readonly #counts = { recordsRelocated: 0, bytesRelocated: 0, keysDropped: 0 };

  constructor(compactor: Compactor, isForced: boolean) {
    this.#compactor = compactor;
    this.isForced = isForced;
  }

  step(): boolean {
    return this.#compactor.advance(this);
  }

  finish({ counts }: SegmentEvacuation): void {
    this.evacuation = undefined;
    this.#counts.recordsRelocated += counts.recordsRelocated;
    this.#counts.bytesRelocated += counts.bytesRelocated;
    this.#counts.keysDropped += counts.keysDropped;
  }

  get report(): CompactionReport {
    const removedBytes = this.removed.reduce((sum, bytes) => sum + bytes, 0);
    return {
      segmentsRemoved: this.removed.length,
      segmentsRetained: this.#compactor.retained,
      bytesReclaimed: Math.max(0, removedBytes - this.#counts.bytesRelocated),
      ...this.#counts,
      damages: this.damages,
    };
  }
}
