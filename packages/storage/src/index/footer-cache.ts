/**
 * What a thread keeps of the footers of sealed segments, so that a key is found in one with two reads, and that it is not
 * there mostly without any. It is loaded when it is asked for, and the one that was loaded longest ago goes where all
 * of them take too much. Where a footer is damaged the records are asked instead.
 */
import { CodedError } from '@htkv/base';

import { corrupt } from '../failure.ts';
import type { IndexEntries } from '../format/sparse-index.ts';
import type { PageRing } from '../log/page-ring.ts';
import { collectEntries } from '../segment/collect-entries.ts';
import { RecordLookup } from '../segment/record-lookup.ts';
import type { Segment } from '../segment/segment.ts';
import { SegmentLookup } from '../segment/segment-lookup.ts';

/** Of one thread, since it has opened the store. */
export interface FooterStats {
  /** Bytes that are kept of footers. */
  readonly bytes: number;
  /** Keys that were looked for in some segment because its filter let them pass. */
  readonly lookups: number;
  /** Those that were not there. */
  readonly falsePositives: number;
}

type Footer = SegmentLookup | RecordLookup;

/** A segment, and what is kept of its footer at the moment. */
export interface AskedSegment {
  readonly segment: Segment;
  footer: Footer | undefined;
}

export class FooterCache {
  readonly #bytesMax: number;
  readonly #ring: PageRing;
  /** Segments with something kept of them; the one that was loaded longest ago is the first. */
  readonly #kept = new Set<AskedSegment>();
  /** Ids of segments that have damaged records. */
  readonly #damaged = new Set<number>();
  #bytes = 0;
  #lookups = 0;
  #falsePositives = 0;

  constructor(bytesMax: number, ring: PageRing) {
    this.#bytesMax = bytesMax;
    this.#ring = ring;
  }

  get stats(): FooterStats {
    return { bytes: this.#bytes, lookups: this.#lookups, falsePositives: this.#falsePositives };
  }

  /** Whether keys can be found in the segment by its footer. In a turn. */
  canFind(segment: Segment): boolean {
    try {
      return SegmentLookup.open(sourceOf(segment)) !== undefined;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return false;
    }
  }

  /**
   * Address of the newest record of a key in a segment, 0 if it has none. In a turn. Throws `STORAGE_CORRUPT` or
   * `STORAGE_IO`.
   */
  find(asked: AskedSegment, keyHash: number, key: Uint8Array, isOf: (address: number) => boolean): number {
    const footer = asked.footer ?? this.#keep(asked, this.#load(asked.segment));
    if (!footer.mayHold(keyHash)) return 0;
    this.#lookups += 1;
    const address = this.#find(asked, footer, keyHash, key, isOf);
    if (address === 0) this.#falsePositives += 1;
    return address;
  }

  #find(
    asked: AskedSegment,
    footer: Footer,
    keyHash: number,
    key: Uint8Array,
    isOf: (address: number) => boolean,
  ): number {
    try {
      return footer.find(keyHash, key, isOf);
    } catch (error) {
      if (!isDamage(error) || footer instanceof RecordLookup) throw error;
      const renewed = this.#ofRecords(asked.segment);
      // A record is damaged, and perhaps it is that of the key.
      if (renewed === undefined) throw error;
      return this.#keep(asked, renewed).find(keyHash, key, isOf);
    }
  }

  /** The newest records of the keys of a segment, as it was written. In a turn. Throws `STORAGE_CORRUPT`. O(segment). */
  entriesOf(segment: Segment): IndexEntries {
    return entriesOf(segment, this.#ring);
  }

  /** What is kept of the footers of `segments`, as far as it was kept already; all others are forgotten. */
  only(segments: readonly Segment[]): readonly AskedSegment[] {
    const known = new Map([...this.#kept].map((asked) => [asked.segment.segmentId, asked]));
    const wanted = segments.map((segment) => known.get(segment.segmentId) ?? { segment, footer: undefined });
    for (const asked of this.#kept) if (!wanted.includes(asked)) this.#forget(asked);
    return wanted;
  }

  #keep<Kept extends Footer>(asked: AskedSegment, footer: Kept): Kept {
    this.#forget(asked);
    asked.footer = footer;
    this.#bytes += footer.bytes;
    this.#kept.add(asked);
    for (const oldest of this.#kept) {
      if (this.#bytes <= this.#bytesMax || oldest === asked) break;
      this.#forget(oldest);
    }
    return footer;
  }

  #forget(asked: AskedSegment): void {
    if (!this.#kept.delete(asked)) return;
    this.#bytes -= asked.footer!.bytes;
    asked.footer = undefined;
  }

  #load(segment: Segment): Footer {
    try {
      const footer = SegmentLookup.open(sourceOf(segment));
      if (footer !== undefined) return footer;
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    return this.#ofRecords(segment) ?? new RecordLookup(segment.slot, entriesOf(segment, this.#ring));
  }

  /** A look-up made from the records; undefined if one of them is damaged. O(segment), the first time. */
  #ofRecords(segment: Segment): RecordLookup | undefined {
    if (this.#damaged.has(segment.segmentId)) return undefined;
    const entries = collectEntries(segment, this.#ring);
    if (entries === undefined) this.#damaged.add(segment.segmentId);
    return entries === undefined ? undefined : new RecordLookup(segment.slot, entries);
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'STORAGE_CORRUPT';
}

function entriesOf(segment: Segment, ring: PageRing): IndexEntries {
  const entries = collectEntries(segment, ring);
  if (entries !== undefined) return entries;
  throw corrupt(segment.path, 0, 'records that match their checksums', 'other bytes');
}

function sourceOf(segment: Segment): Parameters<typeof SegmentLookup.open>[0] {
  return {
    path: segment.path,
    size: () => segment.file.size(),
    read: (target, offset) => segment.file.read(target, offset),
  };
}
