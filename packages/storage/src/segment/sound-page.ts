/** Checks what a page of a segment holds by the checksums of its records, without the pages around it. */
import { decodeCommitTrailer } from '../format/commit-trailer.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import { checkRecord, isRecordHead, itemBytes, itemType, RecordType } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';

/** Of the first word of an item: what padding has besides zeros. */
const FIRST_WORD_BYTES = 4;

/** Whether all of `page` is as it was written; it lies at byte `start` of a segment with that seed. */
export function isPageSound(page: Uint8Array, start: number, seed: number): boolean {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let offset = start === 0 ? SEGMENT_HEADER_BYTES : 0;
  while (offset + UNIT_BYTES <= page.length) {
    const length = itemBytes(view, offset);
    if (length === 0 || offset + length > page.length) return false;
    if (!isItemSound(page, view, offset, length, start, seed)) return false;
    offset += length;
  }
  return offset === page.length;
}

function isItemSound(
  page: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  start: number,
  seed: number,
): boolean {
  switch (itemType(view, offset)) {
    case RecordType.set:
    case RecordType.delete:
      return isRecordHead(view, offset) && checkRecord(page, view, length, seed, start + offset, offset);
    case RecordType.commit:
      return decodeCommitTrailer(page, offset, start + offset, seed) !== undefined;
    case RecordType.pad:
      // One bit makes padding of a record; its bytes are those of a record still.
      return page.subarray(offset + FIRST_WORD_BYTES, offset + length).every((byte) => byte === 0);
    default:
      return false;
  }
}
