/**
 * What compaction is worth doing: which segment next, what may be forgotten, and when writers have to wait for it.
 * Decisions only; `compactor.ts` carries them out.
 */
import { SegmentState } from '../format/manifest.ts';
import { RECORD_HEADER_BYTES, RecordType, type RecordHead } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';

export interface CompactionOptions {
  /** Share of a segment's bytes that has to be garbage before the segment is compacted: 0 to 1. */
  readonly garbageRatio: number;
  /** How long a deletion is remembered, so that an older write that arrives late does not undo it; milliseconds. */
  readonly tombstoneGraceMs: number;
}

/** A segment as the policy sees it. Sizes are bytes. */
export interface CompactableSegment {
  readonly segmentId: number;
  readonly state: SegmentState;
  readonly bytes: number;
  readonly garbageBytes: number;
  readonly deleteCount: number;
}

/** A forced pass leaves alone what would give back less than this share of a segment. */
const FORCED_RATIO = 0.05;
/**
 * The log may be this many times what is live, and so many segments more, before writers wait for compaction. One more
 * fills up until they are asked again.
 */
const SPACE_FACTOR = 2;
const SPACE_SEGMENTS = 2;

/**
 * The segment to compact next, the one that gives back the largest share; undefined if none is worth it. `segments` is
 * the log in its order. Deletions count as garbage in the oldest segment only, for nothing older is left there that
 * they hide, and if `forgetsDeletes`. Greedy, as in LFS (Rosenblum and Ousterhout, 1992). O(segments).
 */
export function chooseVictim<Segment extends CompactableSegment>(
  segments: readonly Segment[],
  leastRatio: number,
  forgetsDeletes: boolean,
): Segment | undefined {
  let victim: Segment | undefined;
  let highest = 0;
  segments.forEach((segment, index) => {
    if (segment.state === SegmentState.active) return;
    const ratio = garbageShare(segment, index === 0 && forgetsDeletes);
    if (ratio < leastRatio || ratio <= highest) return;
    victim = segment;
    highest = ratio;
  });
  return victim;
}

/** The least share of garbage that a pass looks for. */
export function leastRatioOf(options: CompactionOptions, isForced: boolean): number {
  return isForced ? FORCED_RATIO : options.garbageRatio;
}

/**
 * Whether the log takes more room than it may, so that the next write waits until compaction has made some. `otherBytes` is
 * what it takes besides groups: segments that wait to be removed, and the ends of sealed ones.
 */
export function isOverBound(
  segments: readonly CompactableSegment[],
  otherBytes: number,
  segmentBytesMax: number,
): boolean {
  let total = otherBytes;
  let live = 0;
  for (const { bytes, garbageBytes } of segments) {
    total += bytes;
    live += bytes - garbageBytes;
  }
  return total > SPACE_FACTOR * live + SPACE_SEGMENTS * segmentBytesMax;
}

/** When the record can be forgotten as far as its age goes, for one that no reader sees; else undefined. */
export function forgettableAt(head: RecordHead, tombstoneGraceMs: number): number | undefined {
  if (head.type === RecordType.delete) return head.timestamp + tombstoneGraceMs;
  return head.expiresAt === undefined ? undefined : head.expiresAt + tombstoneGraceMs;
}

/** Share of a segment that is garbage; with its deletions if `forgetsDeletes`. */
export function garbageShare(segment: CompactableSegment, forgetsDeletes: boolean): number {
  const tombstones = forgetsDeletes ? segment.deleteCount * RECORD_HEADER_BYTES : 0;
  const body = segment.bytes - SEGMENT_HEADER_BYTES;
  return body <= 0 ? 1 : (segment.garbageBytes + tombstones) / body;
}
