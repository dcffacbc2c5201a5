/**
 * What a bad byte means. Damage below a place that was proven durable is corruption and refuses the store; damage
 * above every proof is what a crash leaves behind, and is dropped. A scan that guesses here loses data silently.
 *
 * Proofs are: what the manifest says of the segment, what trailers before and behind the bad byte say had been
 * synced when they were written, and a footer, which is written only behind durable bytes. The sections before a
 * footer prove nothing: they are written together with it, and one of them that is torn is what a crash leaves.
 */
import { corrupt } from '../failure.ts';
import { decodeSegmentFooter, SEGMENT_FOOTER_BYTES } from '../format/segment-footer.ts';
import { findTrailers, type CommittedGroup, type ScanEnd } from '../segment/group-scanner.ts';
import type { Segment } from '../segment/segment.ts';

/** How far the log goes in a segment, and how much of that is proven. */
export interface TailVerdict {
  /** Everything before it is proven durable. Invariant: the end of a group, or of the header. */
  readonly provenBytes: number;
  /** Bytes behind the last group that checks out, which are dropped: a write that the crash cut short. */
  readonly tornBytes: number;
}

/**
 * Judges the segment that was active when the store stopped. `groups` and `end` are the result of scanning `bytes`,
 * `manifestBytes` what the manifest proves. Throws `STORAGE_CORRUPT`.
 */
export function judgeTail(
  segment: Pick<Segment, 'path' | 'seed' | 'segmentId'>,
  bytes: Uint8Array,
  manifestBytes: number,
  groups: readonly CommittedGroup[],
  end: ScanEnd,
): TailVerdict {
  let provenBytes = manifestBytes;
  const trailers = [...groups.map((group) => group.trailer), ...findTrailers(bytes, segment.seed, end.end)];
  for (const trailer of trailers) {
    if (trailer.durableSegmentId === segment.segmentId) {
      provenBytes = Math.max(provenBytes, trailer.durableBytes);
    }
  }
  const footer = decodeSegmentFooter(bytes.subarray(-SEGMENT_FOOTER_BYTES), segment.seed);
  if (footer !== undefined) provenBytes = Math.max(provenBytes, footer.bodyBytes);
  if (end.end < provenBytes) throw corrupt(segment.path, end.end, end.expected, end.actual);
  // A footer is no torn write. It does not seal the segment either: the page cache may show one that is not on disk.
  const isFooterWhole = footer !== undefined && footer.bodyBytes === end.end;
  return { provenBytes, tornBytes: isFooterWhole ? 0 : bytes.length - end.end };
}
