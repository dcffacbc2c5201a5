/**
 * What a bad byte means. Damage below a place that was proven durable is corruption and refuses the store; damage
 * above every proof is what a crash leaves behind, and is dropped. A scan that guesses here loses data silently.
 *
 * Proofs are: what the manifest says of the segment, what trailers before and behind the bad byte say had been
 * synced when they were written, and a footer, which is written only behind durable bytes.
 */
import { corrupt } from '../failure.ts';
import { decodeSegmentFooter, SEGMENT_FOOTER_BYTES } from '../format/segment-footer.ts';
import { findTrailers, type CommittedGroup, type ScanEnd } from '../segment/group-scanner.ts';
import type { Segment } from '../segment/segment.ts';

/** How far the log goes in the segment that was active, and how much of that is proven. */
export interface TailVerdict {
  /** Everything before it is proven durable. Invariant: the end of a group, or of the header. */
  readonly provenBytes: number;
  /** End of the last group that checks out. */
  readonly validBytes: number;
  /** Bytes behind it that are dropped: a write that the crash cut short. */
  readonly tornBytes: number;
  /** A footer closes the segment. */
  readonly isSealed: boolean;
}

/**
 * Judges the segment that was active when the store stopped. `groups` and `end` are the result of scanning `bytes`,
 * `manifestBytes` what the manifest proves. Throws `STORAGE_CORRUPT`.
 */
export function judgeTail(
  segment: Segment,
  bytes: Uint8Array,
  manifestBytes: number,
  groups: readonly CommittedGroup[],
  end: ScanEnd,
): TailVerdict {
  let provenBytes = manifestBytes;
  const trailers = [...groups.map((group) => group.trailer), ...findTrailers(bytes, segment.seed, end.end)];
  for (const trailer of trailers) {
    if (trailer.durableSegmentId === segment.header.segmentId) {
      provenBytes = Math.max(provenBytes, trailer.durableBytes);
    }
  }
  const footer = decodeSegmentFooter(
    bytes.subarray(Math.max(0, bytes.length - SEGMENT_FOOTER_BYTES)),
    segment.seed,
  );
  if (footer !== undefined && footer.segmentId === segment.header.segmentId) {
    provenBytes = Math.max(provenBytes, footer.bodyBytes);
  }
  if (end.end < provenBytes) throw corrupt(segment.path, end.end, end.expected, end.actual);
  const isSealed = footer !== undefined && footer.bodyBytes === end.end && footer.chain === end.chain;
  const behind = bytes.length - end.end;
  return { provenBytes, validBytes: end.end, tornBytes: isSealed ? 0 : behind, isSealed };
}
