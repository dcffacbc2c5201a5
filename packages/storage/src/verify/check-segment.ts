/**
 * Checks one segment as far as it belongs to the log: header, groups, and of a sealed one sections and footer, to the
 * last byte of the file.
 */
import { UNIT_BYTES } from '../format/geometry.ts';
import { SegmentState } from '../format/manifest.ts';
import { type RecordHead, type ValuePointer } from '../format/record.ts';
import {
  decodeSegmentFooter,
  sectionSeed,
  sectionsFit,
  SEGMENT_FOOTER_BYTES,
} from '../format/segment-footer.ts';
import { chainStart, decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { addressOf } from '../log/address.ts';
import { damagedSection } from '../segment/segment-ending.ts';
import { CheckedFile } from './checked-file.ts';
import { PageCheck, type BadRun } from './page-check.ts';
import type { Damage } from './verify-report.ts';

/** What the store knew of a segment at one moment; of what was written since, nothing is checked. */
export interface SegmentExtentSeen {
  readonly path: string;
  readonly segmentId: number;
  readonly slot: number;
  readonly seed: number;
  readonly state: SegmentState;
  readonly bytes: number;
  readonly chain: number;
}

export interface SegmentCheckPlace {
  readonly fileSystem: FileSystem;
  readonly pageBytes: number;
  readonly found: (damage: Damage) => void;
  readonly onValue: (value: SeparatedValueSeen) => void;
}

/** A value in a file of its own, as its record speaks of it. */
export interface SeparatedValueSeen {
  readonly pointer: ValuePointer;
  readonly valueBytes: number;
  readonly keyHash: number;
  readonly address: number;
}

/** Yields the bytes that it has checked, page by page. */
export function* checkSegment(
  place: SegmentCheckPlace,
  seen: SegmentExtentSeen,
): Generator<number, void, undefined> {
  const file = CheckedFile.open(place.fileSystem, seen.path, (damage) => {
    // Without its file, none of its records can be read.
    const isAll = damage.offset === 0 && damage.expected === 'a file';
    place.found(isAll ? { ...damage, ...addressesOf(seen, SEGMENT_HEADER_BYTES, seen.bytes) } : damage);
  });
  if (file === undefined) return;
  try {
    yield* checkGroups(place, seen, file);
    if (seen.state === SegmentState.sealed) yield* checkEnding(seen, file);
  } finally {
    file.close();
  }
}

function* checkGroups(
  place: SegmentCheckPlace,
  seen: SegmentExtentSeen,
  file: CheckedFile,
): Generator<number, void, undefined> {
  const header = file.read(new Uint8Array(SEGMENT_HEADER_BYTES), 0);
  if (header === undefined || !isHeaderOf(seen, header, file)) return;
  let hasBadRun = false;
  const check = new PageCheck(seen.seed, chainStart(header), {
    onBadRun: (run: BadRun) => {
      hasBadRun = true;
      const { offset, end, expected, actual } = run;
      place.found({ path: seen.path, offset, expected, actual, ...addressesOf(seen, offset, end) });
    },
    onSeparatedValue: (offset: number, head: RecordHead, pointer: ValuePointer) => {
      const { valueBytes, keyHash } = head;
      place.onValue({ pointer, valueBytes, keyHash, address: addressOf(seen.slot, offset) });
    },
  });
  const buffer = new Uint8Array(Math.min(place.pageBytes, seen.bytes));
  for (let start = 0; start < seen.bytes; start += place.pageBytes) {
    const end = Math.min(seen.bytes, start + place.pageBytes);
    const page = file.read(buffer.subarray(0, end - start), start);
    if (page === undefined) {
      hasBadRun = true;
      check.skip(end);
    } else {
      check.check(page, start);
    }
    yield end - start;
  }
  if (!hasBadRun && check.chain !== seen.chain) {
    file.damaged(seen.bytes, 'a log that ends with the chain that the store knows', 'another chain');
  }
}

function isHeaderOf(seen: SegmentExtentSeen, bytes: Uint8Array, file: CheckedFile): boolean {
  try {
    const reading = decodeSegmentHeader(bytes);
    if (reading.kind === 'damaged') file.damaged(0, reading.expected, reading.actual);
    else if (reading.header.segmentId === seen.segmentId && reading.header.slot === seen.slot) return true;
    else file.damaged(0, 'the segment that the store knows', 'another one');
  } catch {
    file.damaged(0, 'a header of the format that the segment was written in', 'another format');
  }
  return false;
}

function* checkEnding(seen: SegmentExtentSeen, file: CheckedFile): Generator<number, void, undefined> {
  const footerOffset = Math.max(seen.bytes, file.size() - SEGMENT_FOOTER_BYTES);
  const bytes = file.read(new Uint8Array(SEGMENT_FOOTER_BYTES), footerOffset);
  if (bytes === undefined) return;
  const footer = decodeSegmentFooter(bytes, seen.seed);
  if (footer?.bodyBytes !== seen.bytes || footer.chain !== seen.chain || !sectionsFit(footer, footerOffset)) {
    file.damaged(footerOffset, 'the footer of a sealed segment', 'other bytes');
    return;
  }
  for (const section of footer.sections) {
    const end = section.offset + section.bytes;
    const checksum = yield* file.checksum(section.offset, end, sectionSeed(seen.seed, section.offset));
    if (checksum === undefined || checksum === section.checksum) continue;
    const damage = damagedSection(section);
    file.damaged(damage.offset, damage.expected, damage.actual);
  }
  yield SEGMENT_FOOTER_BYTES;
}

function addressesOf(
  { slot }: SegmentExtentSeen,
  offset: number,
  end: number,
): { from: number; end: number } {
  if (end <= offset) return { from: 0, end: 0 };
  const from = addressOf(slot, offset);
  return { from, end: from + (end - offset) / UNIT_BYTES };
}
