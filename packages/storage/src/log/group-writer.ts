/**
 * Writing a commit group: puts in the checksums of its records and its trailer, and writes it to the file, page by
 * page. It works on the image of the log alone, so any thread that sees the image can do it; doing it twice writes
 * the same bytes to the same place.
 */
import { crc32 } from '../checksum/crc32.ts';
import { COMMIT_TRAILER_BYTES, encodeCommitTrailer } from '../format/commit-trailer.ts';
import { itemBytes, itemType, RecordType, sealRecord } from '../format/record.ts';
import { writeFile } from '../fs/checked-io.ts';
import type { File } from '../fs/file-system.ts';
import { addressOf } from './address.ts';
import type { PageRing } from './page-ring.ts';

/** A group to which nothing is added any more; plain data. Offsets are bytes from the start of the segment. */
export interface ClosedGroup {
  readonly slot: number;
  /** Seed of the segment's checksums. */
  readonly seed: number;
  readonly start: number;
  readonly trailerOffset: number;
  readonly previousChain: number;
  readonly rewritten: boolean;
  readonly recordCount: number;
  readonly deleteCount: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly highestVersion: number;
  readonly durableSegmentId: number;
  readonly durableBytes: number;
  /** Ids of the values that lie in files of their own and belong to the group: from the first up to the end. */
  readonly firstValueId: number;
  readonly endValueId: number;
}

/** First byte behind a group. */
export function groupEnd(group: ClosedGroup): number {
  return group.trailerOffset + COMMIT_TRAILER_BYTES;
}

/**
 * Writes a group whose pages are in memory and returns the chain value after it. Throws `STORAGE_NO_SPACE` or
 * `STORAGE_IO`; then some of the group may be in the file.
 */
export function writeGroup(ring: PageRing, file: File, group: ClosedGroup): number {
  const { slot, start, trailerOffset } = group;
  let chain = group.previousChain;
  for (const piece of pieces(ring.pageBytes, start, trailerOffset)) {
    const at = ring.at(addressOf(slot, piece.offset));
    sealRecords(ring, group.seed, at, piece.bytes, piece.offset);
    chain = crc32(ring.bytes.subarray(at, at + piece.bytes), chain);
  }
  encodeCommitTrailer(
    ring.bytes,
    ring.at(addressOf(slot, trailerOffset)),
    {
      rewritten: group.rewritten,
      recordCount: group.recordCount,
      groupStart: start,
      groupBytes: trailerOffset - start,
      chain,
      previousChain: group.previousChain,
      firstSequence: group.firstSequence,
      lastSequence: group.lastSequence,
      durableSegmentId: group.durableSegmentId,
      durableBytes: group.durableBytes,
      highestVersion: group.highestVersion,
    },
    group.seed,
  );
  for (const piece of pieces(ring.pageBytes, start, groupEnd(group))) {
    const at = ring.at(addressOf(slot, piece.offset));
    writeFile(file, ring.bytes.subarray(at, at + piece.bytes), piece.offset);
  }
  return chain;
}

/** Puts in the checksums of the records in `length` bytes of a page at `at`, which lie at `position`. */
function sealRecords(ring: PageRing, seed: number, at: number, length: number, position: number): void {
  const { bytes, view } = ring;
  for (let done = 0; done < length;) {
    const type = itemType(view, at + done);
    if (type === RecordType.set || type === RecordType.delete) {
      sealRecord(bytes, view, at + done, seed, position + done);
    }
    done += itemBytes(view, at + done);
  }
}

/** The range as runs that each lie in one page. */
export function* pieces(
  pageBytes: number,
  start: number,
  end: number,
): Generator<{ offset: number; bytes: number }, void, undefined> {
  for (let offset = start; offset < end;) {
    const bytes = Math.min(end - offset, pageBytes - (offset % pageBytes));
    yield { offset, bytes };
    offset += bytes;
  }
}
