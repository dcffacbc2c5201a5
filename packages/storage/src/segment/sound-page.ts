/** Checks what a page of a segment holds by the checksums of its records, without the pages around it. */
import { decodeCommitTrailer } from '../format/commit-trailer.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import { checkRecord, isRecordHead, itemBytes, itemType, RecordType } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';

/**
 * Whether all that begins in `page` is whole and as it was written; it lies at byte `start` of a segment with that seed.
 */
export function areRecordsSound(page: Uint8Array, start: number, seed: number): boolean {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let offset = start === 0 ? SEGMENT_HEADER_BYTES : 0;
  while (offset + UNIT_BYTES <= page.length) {
    const length = itemBytes(view, offset);
    if (length === 0 || offset + length > page.length) return false;
    const isSound =
      itemType(view, offset) === RecordType.commit
        ? decodeCommitTrailer(page, offset, start + offset, seed) !== undefined
        : isRecordSound(page, view, offset, start, seed);
    if (!isSound) return false;
    offset += length;
  }
  return offset === page.length;
}

/** Whether the record at `offset` is as it was written. Of what is neither set nor delete nothing is ever read. */
export function isRecordSound(
  page: Uint8Array,
  view: DataView,
  offset: number,
  start: number,
  seed: number,
): boolean {
  const type = itemType(view, offset);
  if (type !== RecordType.set && type !== RecordType.delete) return true;
  const bytes = itemBytes(view, offset);
  return isRecordHead(view, offset) && checkRecord(page, view, bytes, seed, start + offset, offset);
}
