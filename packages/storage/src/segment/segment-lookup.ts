/**
 * Looks keys up in one sealed segment with nothing but ranged reads of its file: not the store, not its manifest, no
 * other file. Opening reads header, footer, Bloom filter and sparse level, and keeps filter and level; from then on a
 * key that is not there costs no read mostly, and one that is costs two: a block of the index, and the record.
 *
 * Whatever is read is compared with its checksum before it is believed.
 */
import { equalBytes } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import { corrupt, wrapFailure } from '../failure.ts';
import { decodeBloomFilter, type BloomFilter } from '../format/bloom-filter.ts';
import {
  checkRecord,
  decodeRecordHead,
  itemBytes,
  RECORD_HEADER_BYTES,
  recordKey,
} from '../format/record.ts';
import {
  decodeSegmentFooter,
  SectionKind,
  sectionSeed,
  sectionsFit,
  SEGMENT_FOOTER_BYTES,
  type FooterSection,
  type SegmentFooter,
} from '../format/segment-footer.ts';
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentSeed,
  type SegmentHeader,
} from '../format/segment-header.ts';
import {
  decodeSparseIndexHeader,
  decodeSparseLevel,
  offsetsIn,
  SPARSE_INDEX_HEADER_BYTES,
  sparseLevelBytes,
  type SparseLevel,
} from '../format/sparse-index.ts';
import { addressOf } from '../log/address.ts';

/** Read with the first access to a record; most records need no second one. */
const FIRST_READ_BYTES = 512;

/** Ranged reads of one file: a local one, or one that lies elsewhere. */
export interface RangedReads {
  readonly path: string;
  /** Bytes of the whole file. */
  size(): number;
  /** Fills `target` from `offset` as far as the file goes and returns the number of bytes read. */
  read(target: Uint8Array, offset: number): number;
}

export class SegmentLookup {
  readonly #source: RangedReads;
  readonly #slot: number;
  readonly #seed: number;
  readonly #bodyBytes: number;
  readonly #bloom: BloomFilter;
  readonly #level: SparseLevel;
  readonly #indexOffset: number;
  /** Where blocks, and the beginnings of records, are read to. */
  readonly #block: Uint8Array;
  readonly #first = new Uint8Array(FIRST_READ_BYTES);

  private constructor(
    source: RangedReads,
    place: { readonly header: SegmentHeader; readonly seed: number; readonly bodyBytes: number },
    bloom: BloomFilter,
    index: { readonly level: SparseLevel; readonly offset: number },
  ) {
    this.#source = source;
    this.#slot = place.header.slot;
    this.#seed = place.seed;
    this.#bodyBytes = place.bodyBytes;
    this.#bloom = bloom;
    this.#level = index.level;
    this.#indexOffset = index.offset;
    this.#block = new Uint8Array(index.level.blockBytesMax);
  }

  /**
   * Opens a sealed segment; `undefined` if it was sealed without sections. `source` is borrowed as long as the result
   * is used. Throws `STORAGE_CORRUPT`, `STORAGE_IO` or `STORAGE_FORMAT_UNSUPPORTED`.
   */
  static open(source: RangedReads): SegmentLookup | undefined {
    const { path } = source;
    const reading = decodeSegmentHeader(readExactly(source, 0, SEGMENT_HEADER_BYTES));
    if (reading.kind === 'damaged') throw corrupt(path, 0, reading.expected, reading.actual);
    const { header } = reading;
    const seed = segmentSeed(header);
    const footer = readFooter(source, seed, header.segmentId);
    const bloomPlace = footer.sections.find(({ kind }) => kind === SectionKind.bloomFilter);
    const indexPlace = footer.sections.find(({ kind }) => kind === SectionKind.sparseIndex);
    if (bloomPlace === undefined || indexPlace === undefined) return undefined;
    const bloom = readBloomFilter(source, bloomPlace, seed);
    const level = readSparseLevel(source, indexPlace, seed);
    const place = { header, seed, bodyBytes: footer.bodyBytes };
    return new SegmentLookup(source, place, bloom, { level, offset: indexPlace.offset });
  }

  /** Bytes that are kept of the file. */
  get bytes(): number {
    return this.#bloom.bytes + this.#level.bytes;
  }

  /** False if no key with that hash is in the segment; true for nearly all others that are not. O(1), without a read. */
  mayHold(keyHash: number): boolean {
    return this.#bloom.mayHold(keyHash);
  }

  /**
   * Address of the newest record of `key` in the segment, deletes included; 0 if it has none. `keyHash` is the key's
   * hash with the seed in the segment's header. Throws `STORAGE_CORRUPT` or `STORAGE_IO`.
   */
  find(keyHash: number, key: Uint8Array): number {
    const hash = keyHash >>> 0;
    if (!this.#bloom.mayHold(hash)) return 0;
    const level = this.#level;
    let newest = 0;
    for (let block = level.lastBlockFor(hash); block >= 0; block -= 1) {
      for (const offset of offsetsIn(this.#readBlock(block), hash)) {
        if (offset > newest && this.#holds(offset, hash, key)) newest = offset;
      }
      if (!level.reachesBefore(block, hash)) break;
    }
    return newest === 0 ? 0 : addressOf(this.#slot, newest);
  }

  #readBlock(block: number): Uint8Array {
    const { offset, bytes } = this.#level.extentOf(block);
    const found = readInto(this.#block.subarray(0, bytes), this.#source, this.#indexOffset + offset);
    if (this.#level.isIntact(block, found)) return found;
    throw damaged(this.#source, this.#indexOffset + offset, 'a block of the index');
  }

  /** Whether the record at `offset` is one of `key`. */
  #holds(offset: number, hash: number, key: Uint8Array): boolean {
    const record = this.#readRecord(offset);
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    const head = decodeRecordHead(view, 0);
    if (head === undefined || !checkRecord(record, view, record.length, this.#seed, offset)) {
      throw damaged(this.#source, offset, 'a record');
    }
    return head.keyHash === hash && equalBytes(recordKey(record, 0, head), key);
  }

  /** The bytes of a record, as many as its first word says. */
  #readRecord(offset: number): Uint8Array {
    const left = this.#bodyBytes - offset;
    if (left < RECORD_HEADER_BYTES) throw damaged(this.#source, offset, 'a record');
    const target = left < FIRST_READ_BYTES ? this.#first.subarray(0, left) : this.#first;
    const first = readInto(target, this.#source, offset);
    const bytes = itemBytes(new DataView(first.buffer), 0);
    if (bytes < RECORD_HEADER_BYTES || bytes > left) throw damaged(this.#source, offset, 'a record');
    return bytes <= first.length ? first.subarray(0, bytes) : readExactly(this.#source, offset, bytes);
  }
}

function readFooter(source: RangedReads, seed: number, segmentId: number): SegmentFooter {
  const offset = sizeOf(source) - SEGMENT_FOOTER_BYTES;
  const footer =
    offset < 0 ? undefined : decodeSegmentFooter(readExactly(source, offset, SEGMENT_FOOTER_BYTES), seed);
  if (footer?.segmentId === segmentId && sectionsFit(footer, offset)) return footer;
  throw corrupt(source.path, Math.max(0, offset), 'the footer of a sealed segment', 'other bytes');
}

function readBloomFilter(source: RangedReads, place: FooterSection, seed: number): BloomFilter {
  const bytes = readExactly(source, place.offset, place.bytes);
  const isIntact = crc32(bytes, sectionSeed(seed, place.offset)) === place.checksum;
  const bloom = isIntact ? decodeBloomFilter(bytes) : undefined;
  if (bloom === undefined) throw damaged(source, place.offset, 'a Bloom filter');
  return bloom;
}

function readSparseLevel(source: RangedReads, place: FooterSection, seed: number): SparseLevel {
  const first = readExactly(source, place.offset, Math.min(place.bytes, SPARSE_INDEX_HEADER_BYTES));
  const header = decodeSparseIndexHeader(first, place.bytes);
  const level =
    header === undefined
      ? undefined
      : decodeSparseLevel(
          header,
          readExactly(source, place.offset, sparseLevelBytes(header.blockCount)),
          seed,
        );
  if (level === undefined) throw damaged(source, place.offset, 'a sparse index');
  return level;
}

/** Bytes that are there according to what was read before. */
function readExactly(source: RangedReads, offset: number, bytes: number): Uint8Array {
  return readInto(new Uint8Array(bytes), source, offset);
}

/** As {@link readExactly}, to all of `target`, which it returns. */
function readInto(target: Uint8Array, source: RangedReads, offset: number): Uint8Array {
  const bytes = target.length;
  let read: number;
  try {
    read = source.read(target, offset);
  } catch (error) {
    throw wrapFailure(source.path, 'read', error);
  }
  if (read === bytes) return target;
  throw corrupt(source.path, offset, `${bytes} bytes`, `the end of the file after ${read}`);
}

function sizeOf(source: RangedReads): number {
  try {
    return source.size();
  } catch (error) {
    throw wrapFailure(source.path, 'read', error);
  }
}

function damaged({ path }: RangedReads, offset: number, what: string): Error {
  return corrupt(path, offset, `${what} that matches its checksum`, 'other bytes');
}
