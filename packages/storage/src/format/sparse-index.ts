/**
 * A section of a sealed segment that says where its keys lie: an entry for the newest record of each key, sorted by
 * the hash of the key, in blocks of as many entries as the writer chose; before them, for each block, its lowest hash
 * and its checksum. Whoever has read that sparse level once finds a key with one read of one block.
 *
 * ```
 * | header, 16 | lowest hash, checksum | ... | fingerprint, unit | ... | zeros to a whole unit |
 *              '-- one for each block        '-- one for each key
 * ```
 */
import { crc32 } from '../checksum/crc32.ts';
import { alignToUnit, UNIT_LOG2 } from './geometry.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

type SparseIndexHeaderField = 'entryCount' | 'entriesPerBlock' | 'blockCount' | 'checksum';

export const sparseIndexHeaderLayout: Layout<SparseIndexHeaderField> = defineLayout(16, {
  entryCount: 4,
  entriesPerBlock: 4,
  blockCount: 4,
  checksum: 4,
});

type SparseIndexBlockField = 'lowestHash' | 'checksum';

export const sparseIndexBlockLayout: Layout<SparseIndexBlockField> = defineLayout(8, {
  lowestHash: 4,
  checksum: 4,
});

type SparseIndexEntryField = 'fingerprint' | 'unit';

export const sparseIndexEntryLayout: Layout<SparseIndexEntryField> = defineLayout(5, {
  fingerprint: 2,
  unit: 3,
});

export const SPARSE_INDEX_HEADER_BYTES: number = sparseIndexHeaderLayout.totalBytes;
const BLOCK_BYTES = sparseIndexBlockLayout.totalBytes;
const ENTRY_BYTES = sparseIndexEntryLayout.totalBytes;
const CHECKSUM_OFFSET = sparseIndexHeaderLayout.fields.checksum.offset;

/** Where the newest records of the keys of a segment lie, by the hashes of the keys. */
export interface IndexEntries {
  /** The first `count` count. Invariant: ascending once they are sorted. */
  readonly hashes: Uint32Array;
  /** Offsets of the records in units. */
  readonly units: Uint32Array;
  readonly count: number;
}

/** What the first bytes of the section say. */
export interface SparseIndexHeader {
  readonly entryCount: number;
  readonly entriesPerBlock: number;
  readonly blockCount: number;
}

/** Bytes of the section for `entryCount` keys. */
export function sparseIndexBytes(entryCount: number, entriesPerBlock: number): number {
  const blockCount = Math.ceil(entryCount / entriesPerBlock);
  return alignToUnit(sparseLevelBytes(blockCount) + entryCount * ENTRY_BYTES);
}

/** Bytes of the header and the sparse level, from the start of the section. */
export function sparseLevelBytes(blockCount: number): number {
  return SPARSE_INDEX_HEADER_BYTES + blockCount * BLOCK_BYTES;
}

/** Fills `target`, zeros, of the length that {@link sparseIndexBytes} gave, from entries that are sorted. */
export function encodeSparseIndex(
  target: Uint8Array,
  { hashes, units, count }: IndexEntries,
  entriesPerBlock: number,
  seed: number,
): void {
  const blockCount = Math.ceil(count / entriesPerBlock);
  const header = new LayoutView(sparseIndexHeaderLayout, target);
  header.set('entryCount', count);
  header.set('entriesPerBlock', entriesPerBlock);
  header.set('blockCount', blockCount);
  const view = new DataView(target.buffer, target.byteOffset, target.length);
  let at = sparseLevelBytes(blockCount);
  for (let block = 0; block < blockCount; block += 1) {
    const first = block * entriesPerBlock;
    const end = Math.min(count, first + entriesPerBlock);
    const start = at;
    for (let entry = first; entry < end; entry += 1) {
      const unit = units[entry]!;
      view.setUint16(at, hashes[entry]! & 0xffff, true);
      view.setUint16(at + 2, unit & 0xffff, true);
      view.setUint8(at + 4, unit >>> 16);
      at += ENTRY_BYTES;
    }
    const level = SPARSE_INDEX_HEADER_BYTES + block * BLOCK_BYTES;
    view.setUint32(level, hashes[first]!, true);
    view.setUint32(level + 4, blockChecksum(target.subarray(start, at), block, seed), true);
  }
  header.set('checksum', levelChecksum(target.subarray(0, sparseLevelBytes(blockCount)), seed));
}

/**
 * The header of a section of `sectionBytes` bytes, or `undefined` where its numbers contradict each other or the
 * section. Its checksum is that of the whole sparse level.
 */
export function decodeSparseIndexHeader(
  bytes: Uint8Array,
  sectionBytes: number,
): SparseIndexHeader | undefined {
  if (bytes.length < SPARSE_INDEX_HEADER_BYTES) return undefined;
  const view = new LayoutView(sparseIndexHeaderLayout, bytes);
  const entryCount = view.get('entryCount');
  const entriesPerBlock = view.get('entriesPerBlock');
  const blockCount = view.get('blockCount');
  if (entryCount === 0 || entriesPerBlock === 0) return undefined;
  if (blockCount !== Math.ceil(entryCount / entriesPerBlock)) return undefined;
  if (sparseIndexBytes(entryCount, entriesPerBlock) !== sectionBytes) return undefined;
  return { entryCount, entriesPerBlock, blockCount };
}

/** The sparse level in memory: which blocks can have a hash, and what they must check out as. */
export class SparseLevel {
  readonly header: SparseIndexHeader;
  readonly #lowest: Uint32Array;
  readonly #checksums: Uint32Array;
  readonly #seed: number;

  /** Copies what it needs of `bytes`, header and sparse level, which checked out; see {@link decodeSparseLevel}. */
  constructor(header: SparseIndexHeader, bytes: Uint8Array, seed: number) {
    this.header = header;
    this.#lowest = new Uint32Array(header.blockCount);
    this.#checksums = new Uint32Array(header.blockCount);
    this.#seed = seed;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let block = 0; block < header.blockCount; block += 1) {
      const at = SPARSE_INDEX_HEADER_BYTES + block * BLOCK_BYTES;
      this.#lowest[block] = view.getUint32(at, true);
      this.#checksums[block] = view.getUint32(at + 4, true);
    }
  }

  get bytes(): number {
    return this.#lowest.byteLength + this.#checksums.byteLength;
  }

  /** The last block whose lowest hash is not above `hash`, -1 if there is none. O(log blocks). */
  lastBlockFor(hash: number): number {
    let low = 0;
    let high = this.#lowest.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lowest[middle]! <= hash) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Whether the block before `block` can have `hash` too: equal hashes may lie on both sides of a border. */
  reachesBefore(block: number, hash: number): boolean {
    return block > 0 && this.#lowest[block] === hash;
  }

  /** Where a block lies in the section. */
  extentOf(block: number): { readonly offset: number; readonly bytes: number } {
    const { entryCount, entriesPerBlock, blockCount } = this.header;
    const first = block * entriesPerBlock;
    const entries = Math.min(entriesPerBlock, entryCount - first);
    return { offset: sparseLevelBytes(blockCount) + first * ENTRY_BYTES, bytes: entries * ENTRY_BYTES };
  }

  /** Bytes of the longest block. */
  get blockBytesMax(): number {
    return this.header.entriesPerBlock * ENTRY_BYTES;
  }

  isIntact(block: number, bytes: Uint8Array): boolean {
    return blockChecksum(bytes, block, this.#seed) === this.#checksums[block];
  }
}

/** The sparse level of `header`; `undefined` unless `bytes` is header and sparse level, and checks out. */
export function decodeSparseLevel(
  header: SparseIndexHeader,
  bytes: Uint8Array,
  seed: number,
): SparseLevel | undefined {
  if (bytes.length !== sparseLevelBytes(header.blockCount)) return undefined;
  const stored = new LayoutView(sparseIndexHeaderLayout, bytes).get('checksum');
  return levelChecksum(bytes, seed) === stored ? new SparseLevel(header, bytes, seed) : undefined;
}

/** Offsets in bytes of the records in a block that may have `hash`, in the order of the block. */
export function offsetsIn(block: Uint8Array, hash: number): number[] {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const fingerprint = hash & 0xffff;
  const found: number[] = [];
  for (let at = 0; at + ENTRY_BYTES <= block.length; at += ENTRY_BYTES) {
    if (view.getUint16(at, true) !== fingerprint) continue;
    found.push((view.getUint16(at + 2, true) | (view.getUint8(at + 4) << 16)) << UNIT_LOG2);
  }
  return found;
}

function blockChecksum(bytes: Uint8Array, block: number, seed: number): number {
  return crc32(bytes, (seed ^ block) >>> 0);
}

/** Of header and sparse level, without the checksum in the header. */
function levelChecksum(bytes: Uint8Array, seed: number): number {
  return crc32(bytes.subarray(SPARSE_INDEX_HEADER_BYTES), crc32(bytes.subarray(0, CHECKSUM_OFFSET), seed));
}
