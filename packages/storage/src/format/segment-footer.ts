/**
 * The last 128 bytes of a sealed segment, at the very end of its file: what the segment holds and where its
 * sections lie. A reader that has only this file, or ranged reads of it, needs nothing else.
 *
 * Sections lie between the groups and the footer, one behind the other. They say nothing that the groups do not say:
 * a segment without them is as good, and slower to look a key up in.
 */
import { assert } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import { UNIT_LOG2 } from './geometry.ts';
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

type FooterSectionField = 'kind' | 'offset' | 'bytes' | 'checksum';

export const footerSectionLayout: Layout<FooterSectionField> = defineLayout(16, {
  kind: 4,
  offset: 4,
  bytes: 4,
  checksum: 4,
});

export const SEGMENT_FOOTER_BYTES: number = segmentFooterLayout.totalBytes;
const SECTION_BYTES = footerSectionLayout.totalBytes;
const SECTIONS_MAX = 3;

/** What a section is. A reader passes over kinds that it does not know. */
export const SectionKind = { bloomFilter: 1, sparseIndex: 2 } as const;
export type SectionKind = (typeof SectionKind)[keyof typeof SectionKind];

/** Where a section lies in the file, and what it must check out as. */
export interface FooterSection {
  readonly kind: number;
  readonly offset: number;
  readonly bytes: number;
  readonly checksum: number;
}

export interface SegmentFooter {
  readonly segmentId: number;
  /** Header and groups: everything before the sections. */
  readonly bodyBytes: number;
  readonly chain: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly highestVersion: number;
  /** Sets and deletes, live or not. */
  readonly recordCount: number;
  readonly deleteCount: number;
  /** At most three, in the order in which they lie in the file. */
  readonly sections: readonly FooterSection[];
}

/** The seed of the checksum of a section that lies at `offset` of a segment of seed `seed`. */
export function sectionSeed(seed: number, offset: number): number {
  return (seed ^ (offset >>> UNIT_LOG2)) >>> 0;
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
  assert(footer.sections.length <= SECTIONS_MAX, 'a footer has room for three sections');
  footer.sections.forEach((section, index) => {
    const entry = sectionView(view.slice('sections'), index);
    entry.set('kind', section.kind);
    entry.set('offset', section.offset);
    entry.set('bytes', section.bytes);
    entry.set('checksum', section.checksum);
  });
  view.set('sectionCount', footer.sections.length);
  view.set('checksum', crc32(bytes.subarray(0, SEGMENT_FOOTER_BYTES - 4), seed));
  return bytes;
}

/** What {@link encodeSegmentFooter} wrote, or `undefined` if the bytes are no footer of this segment. */
export function decodeSegmentFooter(bytes: Uint8Array, seed: number): SegmentFooter | undefined {
  if (bytes.length !== SEGMENT_FOOTER_BYTES) return undefined;
  if (FOOTER_MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new LayoutView(segmentFooterLayout, bytes);
  if (crc32(bytes.subarray(0, SEGMENT_FOOTER_BYTES - 4), seed) !== view.get('checksum')) return undefined;
  const sectionCount = view.get('sectionCount');
  if (sectionCount > SECTIONS_MAX) return undefined;
  const sections = Array.from({ length: sectionCount }, (_, index): FooterSection => {
    const entry = sectionView(view.slice('sections'), index);
    return {
      kind: entry.get('kind'),
      offset: entry.get('offset'),
      bytes: entry.get('bytes'),
      checksum: entry.get('checksum'),
    };
  });
  return {
    segmentId: view.get('segmentId'),
    bodyBytes: view.get('bodyBytes'),
    chain: view.get('chain'),
    firstSequence: view.get('firstSequence'),
    lastSequence: view.get('lastSequence'),
    highestVersion: view.get('highestVersion'),
    recordCount: view.get('recordCount'),
    deleteCount: view.get('deleteCount'),
    sections,
  };
}

/**
 * Whether the sections of a footer that lies at `footerOffset` fill the file between groups and footer. Before this
 * holds, neither their places nor their sizes are to be believed.
 */
export function sectionsFit(footer: SegmentFooter, footerOffset: number): boolean {
  let offset = footer.bodyBytes;
  for (const section of footer.sections) {
    if (section.offset !== offset) return false;
    offset += section.bytes;
  }
  return offset === footerOffset;
}

function sectionView(sections: Uint8Array, index: number): LayoutView<FooterSectionField> {
  const offset = index * SECTION_BYTES;
  return new LayoutView(footerSectionLayout, sections.subarray(offset, offset + SECTION_BYTES));
}
