/**
 * The last 128 bytes of a sealed segment, at the very end of its file: what the segment holds and where its
 * sections lie. A reader that has only this file, or ranged reads of it, needs nothing else. Format 1.0 writes no
 * sections; the table has room for three (a Bloom filter, a sparse index, one spare).
 */
import { crc32 } from '../checksum/crc32.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

/** "HTKVSEAL". */
const FOOTER_MAGIC: Uint8Array = Uint8Array.of(0x48, 0x54, 0x4b, 0x56, 0x53, 0x45, 0x41, 0x4c);

type FooterField =
  | 'magic'
  | 'segmentId'
  | 'bodyBytes'
  | 'chain'
  | 'firstSequence'
  | 'lastSequence'
  | 'highestVersion'
  | 'recordCount'
  | 'deleteCount'
  | 'sections'
  | 'sectionCount'
  | 'reserved'
  | 'checksum';

export const segmentFooterLayout: Layout<FooterField> = defineLayout(128, {
  magic: 8,
  segmentId: 8,
  bodyBytes: 4,
  chain: 4,
  firstSequence: 8,
  lastSequence: 8,
  highestVersion: 8,
  recordCount: 4,
  deleteCount: 4,
  sections: 48,
  sectionCount: 4,
  reserved: 16,
  checksum: 4,
});

export const SEGMENT_FOOTER_BYTES: number = segmentFooterLayout.totalBytes;

export interface SegmentFooter {
  readonly segmentId: number;
  /** Header and groups: everything before the footer and its sections. */
  readonly bodyBytes: number;
  readonly chain: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly highestVersion: number;
  /** Sets and deletes, live or not. */
  readonly recordCount: number;
  readonly deleteCount: number;
}

/** A new buffer of 128 bytes. */
export function encodeSegmentFooter(footer: SegmentFooter, seed: number): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_FOOTER_BYTES);
  const view = new LayoutView(segmentFooterLayout, bytes);
  view.setBytes('magic', FOOTER_MAGIC);
  view.set('segmentId', footer.segmentId);
  view.set('bodyBytes', footer.bodyBytes);
  view.set('chain', footer.chain);
  view.set('firstSequence', footer.firstSequence);
  view.set('lastSequence', footer.lastSequence);
  view.set('highestVersion', footer.highestVersion);
  view.set('recordCount', footer.recordCount);
  view.set('deleteCount', footer.deleteCount);
  view.set('checksum', crc32(bytes.subarray(0, SEGMENT_FOOTER_BYTES - 4), seed));
  return bytes;
}

/** What {@link encodeSegmentFooter} wrote, or `undefined` if the bytes are no footer of this segment. */
export function decodeSegmentFooter(bytes: Uint8Array, seed: number): SegmentFooter | undefined {
  if (bytes.length !== SEGMENT_FOOTER_BYTES) return undefined;
  if (FOOTER_MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new LayoutView(segmentFooterLayout, bytes);
  if (crc32(bytes.subarray(0, SEGMENT_FOOTER_BYTES - 4), seed) !== view.get('checksum')) return undefined;
  return {
    segmentId: view.get('segmentId'),
    bodyBytes: view.get('bodyBytes'),
    chain: view.get('chain'),
    firstSequence: view.get('firstSequence'),
    lastSequence: view.get('lastSequence'),
    highestVersion: view.get('highestVersion'),
    recordCount: view.get('recordCount'),
    deleteCount: view.get('deleteCount'),
  };
}
