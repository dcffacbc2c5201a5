/**
 * After a stop that was not clean: the segment that was being written is ended at its last proven byte, and what
 * checked out above is written again to a new segment, made durable, and only then named by a manifest. A page cache
 * may show bytes that never reached the disk, so nothing is ever appended behind them.
 */
import { storeFileName } from '../format/file-names.ts';
import { SLOT_BYTES, UNIT_BYTES } from '../format/geometry.ts';
import { SegmentState } from '../format/manifest.ts';
import { decodeRecordHead, recordKey, recordPointer, RecordType, recordValue } from '../format/record.ts';
import { addressOf } from '../log/address.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import type { UnprovenGroup } from './recover-segments.ts';
import type { RewrittenRecord, TailRewriter } from './tail-rewriter.ts';

/**
 * Makes everything recovered durable. Returns the names of files that the new manifest no longer needs. Throws what
 * writing throws; the directory then still holds all that it held, and another open begins anew.
 */
export function settleTail(
  rewriter: TailRewriter,
  { segments, ring }: { readonly segments: SegmentTable; readonly ring: PageRing },
  unproven: readonly UnprovenGroup[],
): string[] {
  const unneeded = endLastSegment(segments, ring);
  for (const group of unproven) rewriter.rewrite(rewrittenRecords(group), group.firstSequence);
  rewriter.finish();
  return unneeded;
}

function endLastSegment(segments: SegmentTable, ring: PageRing): string[] {
  const { last } = segments;
  if (last?.state !== SegmentState.active) return [];
  last.end(SegmentState.cut);
  if (last.recordCount > 0) return [];
  ring.forget(addressOf(last.slot, UNIT_BYTES), SLOT_BYTES / ring.pageBytes);
  segments.removeLast();
  return [storeFileName('segment', last.segmentId)];
}

function rewrittenRecords(group: UnprovenGroup): RewrittenRecord[] {
  const { bytes } = group;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return group.records.map((offset) => {
    const head = decodeRecordHead(view, offset)!;
    const key = recordKey(bytes, offset, head);
    if (head.separated) return { head, key, value: recordPointer(view, offset, head) };
    return { head, key, value: head.type === RecordType.set ? recordValue(bytes, offset, head) : undefined };
  });
}
