/**
 * What a thread keeps of the footers of sealed segments, so that a key is found in one with two reads, and that it is not
 * there mostly without any. It is loaded when it is asked for, and the one that was used longest ago goes where all
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

interface Kept {
  readonly segment: Segment;
  readonly footer: SegmentLookup | RecordLookup;
}

export class FooterCache {
  readonly #bytesMax: number;
  readonly #ring: PageRing;
  /** By slot; the one that was used longest ago is the first. */
  readonly #kept = new Map<number, Kept>();
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

  /** Whether the segment may have a key with that hash, as far as is known without a read: true if nothing is. */
  mayHold(segment: Segment, keyHash: number): boolean {
    const kept = this.#kept.get(segment.slot);
    return kept?.segment.segmentId !== segment.segmentId || kept.footer.mayHold(keyHash);
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
  find(segment: Segment, keyHash: number, key: Uint8Array, isOf: (address: number) => boolean): number {
    const footer = this.#footerOf(segment);
    if (!footer.mayHold(keyHash)) return 0;
    this.#lookups += 1;
    const address = this.#find(segment, footer, keyHash, key, isOf);
    if (address === 0) this.#falsePositives += 1;
    return address;
  }

  #find(
    segment: Segment,
    footer: SegmentLookup | RecordLookup,
    keyHash: number,
    key: Uint8Array,
    isOf: (address: number) => boolean,
  ): number {
    try {
      return footer.find(keyHash, key, isOf);
    } catch (error) {
      if (!isDamage(error) || footer instanceof RecordLookup) throw error;
      const renewed = this.#ofRecords(segment);
      // A record is damaged, and perhaps it is that of the key.
      if (renewed === undefined) throw error;
      this.#forget(segment.slot);
      return this.#keep(segment, renewed).find(keyHash, key, isOf);
    }
  }

  /** The newest records of the keys of a segment, as it was written. In a turn. Throws `STORAGE_CORRUPT`. O(segment). */
  entriesOf(segment: Segment): IndexEntries {
    return entriesOf(segment, this.#ring);
  }

  /** Forgets all other segments. */
  keepOnly(segments: readonly Segment[]): void {
    const ids = new Set(segments.map(({ segmentId }) => segmentId));
    for (const [slot, { segment }] of this.#kept) if (!ids.has(segment.segmentId)) this.#forget(slot);
  }

  #footerOf(segment: Segment): SegmentLookup | RecordLookup {
    const { slot } = segment;
    const kept = this.#kept.get(slot);
    if (kept?.segment.segmentId === segment.segmentId) return kept.footer;
    this.#forget(slot);
    return this.#keep(segment, this.#load(segment));
  }

  #keep<Footer extends SegmentLookup | RecordLookup>(segment: Segment, footer: Footer): Footer {
    const { slot } = segment;
    this.#bytes += footer.bytes;
    this.#kept.set(slot, { segment, footer });
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax || oldest === slot) break;
      this.#forget(oldest);
    }
    return footer;
  }

  #forget(slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined) return;
    this.#bytes -= kept.footer.bytes;
    this.#kept.delete(slot);
  }

  #load(segment: Segment): SegmentLookup | RecordLookup {
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
