/**
 * What a sealed segment has behind its groups: sections and footer. Written at once when all of its groups are
 * durable, and judged when they are read.
 *
 * The sections are made of what is written anyway. Where that cannot be read back, the segment is sealed without
 * them: nothing depends on them but the time that a look-up takes.
 */
import { crc32 } from '../checksum/crc32.ts';
import { bloomFilterBytes, encodeBloomFilter } from '../format/bloom-filter.ts';
import {
  decodeSegmentFooter,
  encodeSegmentFooter,
  SectionKind,
  sectionSeed,
  sectionsFit,
  SEGMENT_FOOTER_BYTES,
  type FooterSection,
  type SegmentFooter,
} from '../format/segment-footer.ts';
import { encodeSparseIndex, sparseIndexBytes } from '../format/sparse-index.ts';
import { syncFile, writeFile } from '../fs/checked-io.ts';
import type { PageRing } from '../log/page-ring.ts';
import { collectEntries } from './collect-entries.ts';
import type { Segment } from './segment.ts';
import { sortedByHash } from './sort-entries.ts';

export interface EndingOptions {
  /** Entries of the sparse index that one read brings in. */
  readonly sparseIndexEvery: number;
  /** The share of absent keys that the Bloom filter may take for present. */
  readonly bloomFalsePositiveRate: number;
}

/**
 * Writes the ending of a segment whose groups are all durable, and makes it durable. Throws `STORAGE_NO_SPACE` or
 * `STORAGE_IO`. O(segment).
 */
export function writeEnding(
  segment: Segment,
  ring: PageRing,
  highestVersion: number,
  options: EndingOptions,
): void {
  const { sections, bytes } = encodeSections(segment, ring, options);
  const footer = encodeSegmentFooter(
    {
      segmentId: segment.segmentId,
      bodyBytes: segment.bytes,
      chain: segment.chain,
      firstSequence: segment.firstSequence,
      lastSequence: segment.lastSequence,
      highestVersion,
      recordCount: segment.recordCount,
      deleteCount: segment.deleteCount,
      sections,
    },
    segment.seed,
  );
  bytes.set(footer, bytes.length - SEGMENT_FOOTER_BYTES);
  writeFile(segment.writableFile, bytes, segment.bytes);
  syncFile(segment.writableFile);
}

/** The sections, with room for the footer behind them. */
function encodeSections(
  segment: Segment,
  ring: PageRing,
  { sparseIndexEvery, bloomFalsePositiveRate }: EndingOptions,
): { readonly sections: readonly FooterSection[]; readonly bytes: Uint8Array } {
  const collected = collectEntries(segment, ring);
  if (collected === undefined || collected.count === 0) {
    return { sections: [], bytes: new Uint8Array(SEGMENT_FOOTER_BYTES) };
  }
  const entries = sortedByHash(collected);
  const bloomBytes = bloomFilterBytes(entries.count, bloomFalsePositiveRate);
  const indexBytes = sparseIndexBytes(entries.count, sparseIndexEvery);
  const bytes = new Uint8Array(bloomBytes + indexBytes + SEGMENT_FOOTER_BYTES);
  const bloom = bytes.subarray(0, bloomBytes);
  encodeBloomFilter(bloom, entries.hashes, entries.count);
  const index = bytes.subarray(bloomBytes, bloomBytes + indexBytes);
  encodeSparseIndex(index, entries, sparseIndexEvery, segment.seed);
  const sections = [
    sectionOf(SectionKind.bloomFilter, segment.bytes, bloom, segment.seed),
    sectionOf(SectionKind.sparseIndex, segment.bytes + bloomBytes, index, segment.seed),
  ];
  return { sections, bytes };
}

function sectionOf(kind: SectionKind, offset: number, bytes: Uint8Array, seed: number): FooterSection {
  return { kind, offset, bytes: bytes.length, checksum: crc32(bytes, sectionSeed(seed, offset)) };
}

/** What does not check out in a file. `offset` is in bytes. */
export interface EndingDamage {
  readonly offset: number;
  readonly expected: string;
  readonly actual: string;
}

/** What is wrong with the ending of a sealed segment, the whole file in `bytes`, whose groups end at `bodyBytes`. */
export function judgeEnding(bytes: Uint8Array, bodyBytes: number, seed: number): EndingDamage | undefined {
  const footerOffset = Math.max(bodyBytes, bytes.length - SEGMENT_FOOTER_BYTES);
  const footer = footerOf(bytes.subarray(footerOffset), footerOffset, bodyBytes, seed);
  if (footer === undefined) return damagedFooter(footerOffset);
  for (const section of footer.sections) {
    const { offset, checksum } = section;
    const found = crc32(bytes.subarray(offset, offset + section.bytes), sectionSeed(seed, offset));
    if (found !== checksum) return damagedSection(section);
  }
  return undefined;
}

/**
 * As {@link judgeEnding}, by the footer alone: `end` is what lies in the file from `endOffset`, the last 128 bytes, on.
 * The sections are judged when they are read.
 */
export function judgeFooter(
  end: Uint8Array,
  endOffset: number,
  bodyBytes: number,
  seed: number,
): EndingDamage | undefined {
  return footerOf(end, endOffset, bodyBytes, seed) === undefined ? damagedFooter(endOffset) : undefined;
}

function footerOf(
  bytes: Uint8Array,
  offset: number,
  bodyBytes: number,
  seed: number,
): SegmentFooter | undefined {
  const footer = decodeSegmentFooter(bytes, seed);
  return footer?.bodyBytes === bodyBytes && sectionsFit(footer, offset) ? footer : undefined;
}

function damagedFooter(offset: number): EndingDamage {
  return { offset, expected: 'the footer of a sealed segment', actual: 'other bytes' };
}

export function damagedSection({ offset }: FooterSection): EndingDamage {
  return { offset, expected: 'a section that matches its checksum', actual: 'another checksum' };
}
