/**
 * The log: records are appended to pages in memory, written out in commit groups and read back from wherever they
 * lie (the hybrid log of FASTER: one address, memory or disk). A record never moves and never changes.
 *
 * Groups. Everything appended since the last commit is the open group. `commit` closes it with a trailer and writes
 * it with one contiguous write per page; `durable` then adds one `fdatasync`. A group lies in one segment.
 *
 * Rotation. A segment is sealed durable, the next one is created durable, the manifest names it, and only then is
 * anything appended to it: whatever a segment holds, everything before it is on disk.
 */
import { assert, CodedError } from '@htkv/base';

import { COMMIT_TRAILER_BYTES } from '../format/commit-trailer.ts';
import { SLOT_BYTES, UNIT_BYTES } from '../format/geometry.ts';
import { SegmentState } from '../format/manifest.ts';
import {
  encodePad,
  encodeRecord,
  itemBytes,
  itemType,
  RecordType,
  recordBytes,
  type RecordHead,
  type ValuePointer,
} from '../format/record.ts';
import { encodeSegmentFooter, SEGMENT_FOOTER_BYTES } from '../format/segment-footer.ts';
import { syncFile, writeFile } from '../fs/checked-io.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { Segment } from '../segment/segment.ts';
import { addressOf, offsetOf, slotOf } from './address.ts';
import { groupEnd, pieces, writeGroup, type ClosedGroup } from './group-writer.ts';
import type { PageRing } from './page-ring.ts';

/** Trailer, the padding before it, and footer: what a segment keeps free for its own end. */
const ENDING_BYTES = 2 * COMMIT_TRAILER_BYTES + SEGMENT_FOOTER_BYTES;

/** What the log needs of its owner. */
export interface LogOwner {
  /** Creates the next segment, durable and named by a durable manifest. */
  createSegment(): Segment;
  /** Waits until the closed group, if there is one, is finished. Throws what its writing threw. */
  finishWriting(): void;
  /** Makes everything durable that records of the open group point to; called before the group is written. */
  beforeGroup(): void;
  /** Everything up to a place in the commit order is written; is durable. */
  afterGroup(lastSequence: number): void;
  afterSync(lastSequence: number): void;
  /** The highest version of any write, for the trailers. */
  highestVersion(): number;
  /** Whether records are being written again that recovery found; their groups say so. */
  isRewriting(): boolean;
}

export class HybridLog {
  readonly #ring: PageRing;
  readonly #segmentBytesMax: number;
  readonly #owner: LogOwner;
  #active: Segment | undefined;
  /** End of the open group in the active segment. Invariant: at least `active.bytes`. */
  #tail = 0;
  /** The group that is being written. Invariant: it begins where the segment's bytes end. */
  #closed: ClosedGroup | undefined;
  /** Of the open group, which begins behind the closed one if there is one. */
  #groupRecords = 0;
  #groupDeletes = 0;
  #groupFirstSequence = 0;
  #groupLastSequence = 0;

  constructor(ring: PageRing, segmentBytesMax: number, owner: LogOwner) {
    this.#ring = ring;
    this.#segmentBytesMax = segmentBytesMax;
    this.#owner = owner;
  }

  /** Bytes of the open group. */
  get openBytes(): number {
    return this.#active === undefined ? 0 : this.#tail - this.#active.bytes;
  }

  /** Whether anything is written or appended that is not durable. */
  get isDirty(): boolean {
    return this.#active !== undefined && this.#tail > this.#active.durableBytes;
  }

  get active(): Segment | undefined {
    return this.#active;
  }

  /** Where the next record goes in the active segment, or behind the padding before it. */
  get tail(): number {
    return this.#tail;
  }

  /**
   * Continues a segment whose bytes are all durable, whose last page recovery has left in memory, and whose file is
   * open for writing.
   */
  continueSegment(segment: Segment): void {
    assert(this.#active === undefined, 'one segment is active');
    assert(segment.durableBytes === segment.bytes, 'only a proven segment is continued');
    this.#active = segment;
    this.#tail = segment.bytes;
    if (segment.bytes % this.#ring.pageBytes === 0) return;
    assert(this.#ring.find(addressOf(segment.header.slot, segment.bytes)) >= 0, 'the last page is in memory');
  }

  /**
   * Makes sure that records of the given sizes fit into the active segment together, in this order, and that their
   * pages are in memory; seals the segment and begins the next one if need be. Throws what commit and creation
   * throw, with nothing appended.
   */
  reserve(sizes: readonly number[]): void {
    this.#requireBatchFits(sizes);
    const end = this.#endAfter(this.#tail, sizes) + ENDING_BYTES;
    if (this.#active !== undefined && end > this.#segmentBytesMax && this.#tail > SEGMENT_HEADER_BYTES)
      this.seal();
    if (this.#active === undefined) {
      this.#active = this.#owner.createSegment();
      this.#tail = this.#active.bytes;
    }
    this.#enterThrough(this.#afterPadding(this.#endAfter(this.#tail, sizes), COMMIT_TRAILER_BYTES));
  }

  #requireBatchFits(sizes: readonly number[]): void {
    const bytes = this.#endAfter(SEGMENT_HEADER_BYTES, sizes) + ENDING_BYTES;
    const limit = Math.min(SLOT_BYTES, (this.#ring.frames - 2) * this.#ring.pageBytes);
    if (bytes <= limit) return;
    throw new CodedError(
      'STORAGE_BATCH_TOO_LARGE',
      `the writes of one batch take ${bytes} bytes of the log, and at most ${limit} fit its memory`,
      { details: { limit, bytes } },
    );
  }

  /** As {@link reserve} for a single record. */
  reserveOne(bytes: number): void {
    const { pageBytes } = this.#ring;
    const left = pageBytes - (this.#tail % pageBytes);
    const end = this.#tail + bytes + ENDING_BYTES;
    // Most records fit the page that is in memory, their trailer with them.
    if (this.#active !== undefined && bytes + COMMIT_TRAILER_BYTES < left && end <= this.#segmentBytesMax) {
      if (this.#tail % pageBytes !== 0) return;
    }
    this.reserve([bytes]);
  }

  /** Appends a record for which there is room, and returns its address. It is visible to `read` at once. */
  append(head: RecordHead, key: Uint8Array, value: Uint8Array | ValuePointer | undefined): number {
    const segment = this.#active;
    assert(segment !== undefined, 'room was reserved');
    const bytes = recordBytes(head.keyBytes, head.valueBytes, head.expiresAt !== undefined, head.separated);
    const offset = this.#place(segment, bytes);
    const address = addressOf(segment.header.slot, offset);
    encodeRecord(this.#ring.bytes, this.#ring.view, this.#ring.at(address), head, key, value);
    if (this.#groupRecords === 0) this.#groupFirstSequence = head.sequence;
    assert(head.sequence >= this.#groupFirstSequence, 'sequences grow along the log');
    this.#groupLastSequence = head.sequence;
    this.#groupRecords += 1;
    if (head.type === RecordType.delete) this.#groupDeletes += 1;
    return address;
  }

  /**
   * Writes the open group to the file, and makes it durable if asked. Idempotent. Throws
   * `STORAGE_NO_SPACE`: the group is still open; `STORAGE_IO`: nothing is known about its bytes.
   */
  commit(durable: boolean): void {
    const segment = this.#active;
    if (segment === undefined) return;
    this.#owner.finishWriting();
    const group = this.closeGroup();
    if (group !== undefined) this.finishGroup(group, writeGroup(this.#ring, segment.file, group));
    if (durable && segment.durableBytes < segment.bytes) {
      syncFile(segment.file);
      this.finishSync();
    }
  }

  /**
   * Closes the open group, whose records are complete, for somebody to write; `undefined` if it has none. The next
   * record begins the next group. One closed group at a time is unfinished.
   */
  closeGroup(): ClosedGroup | undefined {
    const segment = this.#active;
    if (segment === undefined || this.#groupRecords === 0) return undefined;
    assert(this.#closed === undefined, 'one group is written at a time');
    this.#owner.beforeGroup();
    const start = segment.bytes;
    const trailerOffset = this.#place(segment, COMMIT_TRAILER_BYTES);
    this.#closed = {
      slot: segment.header.slot,
      seed: segment.seed,
      start,
      trailerOffset,
      previousChain: segment.chain,
      rewritten: this.#owner.isRewriting(),
      recordCount: this.#groupRecords,
      deleteCount: this.#groupDeletes,
      firstSequence: this.#groupFirstSequence,
      lastSequence: this.#groupLastSequence,
      highestVersion: this.#owner.highestVersion(),
      durableSegmentId: segment.header.segmentId,
      durableBytes: segment.durableBytes,
    };
    this.#resetGroup();
    return this.#closed;
  }

  /** A closed group is written; `chain` is the chain value after it. */
  finishGroup(group: ClosedGroup, chain: number): void {
    const segment = this.#active;
    assert(segment !== undefined && group === this.#closed, 'the closed group is the one that was written');
    this.#closed = undefined;
    segment.bytes = groupEnd(group);
    segment.chain = chain;
    segment.lastSequence = group.lastSequence;
    segment.recordCount += group.recordCount;
    segment.deleteCount += group.deleteCount;
    this.#owner.afterGroup(group.lastSequence);
  }

  /** What is written of the active segment is durable. */
  finishSync(): void {
    const segment = this.#active;
    assert(segment !== undefined, 'a sync is of the active segment');
    segment.durableBytes = segment.bytes;
    this.#owner.afterSync(segment.lastSequence);
  }

  /** Ends the active segment: everything durable, footer behind it. The next append begins another segment. */
  seal(): void {
    const segment = this.#active;
    if (segment === undefined) return;
    this.commit(true);
    const footer = encodeSegmentFooter(
      {
        segmentId: segment.header.segmentId,
        bodyBytes: segment.bytes,
        chain: segment.chain,
        firstSequence: segment.firstSequence,
        lastSequence: segment.lastSequence,
        highestVersion: this.#owner.highestVersion(),
        recordCount: segment.recordCount,
        deleteCount: segment.deleteCount,
      },
      segment.seed,
    );
    writeFile(segment.file, footer, segment.bytes);
    syncFile(segment.file);
    segment.state = SegmentState.sealed;
    this.#active = undefined;
  }

  /** Addresses of the records that are not known to be written, from byte `start` of the active segment on. */
  unwritten(start = 0): number[] {
    const segment = this.#active;
    if (segment === undefined) return [];
    const addresses: number[] = [];
    const { slot } = segment.header;
    let offset = Math.max(start, segment.bytes);
    while (offset < this.#tail) {
      const address = addressOf(slot, offset);
      const at = this.#ring.at(address);
      const type = itemType(this.#ring.view, at);
      if (type === RecordType.set || type === RecordType.delete) addresses.push(address);
      offset += itemBytes(this.#ring.view, at);
    }
    return addresses;
  }

  /**
   * Takes back the last records of the open group: what was appended since the tail was at `tail` and the commit order
   * at `lastSequence`.
   */
  rewind(tail: number, lastSequence: number): void {
    const segment = this.#active;
    assert(segment !== undefined && tail >= segment.bytes, 'nothing was written since');
    for (const address of this.unwritten(tail)) {
      this.#groupRecords -= 1;
      if (itemType(this.#ring.view, this.#ring.at(address)) === RecordType.delete) this.#groupDeletes -= 1;
    }
    this.#groupLastSequence = lastSequence;
    this.#zero(segment, tail, this.#tail);
    this.#tail = tail;
  }

  /**
   * Gives up the open group, and the segment behind its last committed group: what the failed write left in the file
   * never belongs to the log. The committed part is made durable first. A segment without any is emptied and goes on,
   * for a device that stays full must not use up segments. Throws `STORAGE_IO`.
   */
  abandonGroup(): void {
    const segment = this.#active;
    if (segment === undefined) return;
    const isEmpty = segment.bytes === SEGMENT_HEADER_BYTES;
    if (isEmpty) this.#zero(segment, segment.bytes, this.#tail);
    this.#resetGroup();
    this.#closed = undefined;
    this.#tail = segment.bytes;
    if (!isEmpty) {
      this.#active = undefined;
      segment.state = SegmentState.cut;
    } else {
      segment.file.truncate(segment.bytes);
    }
    syncFile(segment.file);
    segment.durableBytes = segment.bytes;
  }

  /** Makes a range of the log that was appended and given up read as if nothing was written there. */
  #zero(segment: Segment, start: number, end: number): void {
    for (const { offset, bytes } of pieces(this.#ring.pageBytes, start, end)) {
      const at = this.#ring.at(addressOf(segment.header.slot, offset));
      this.#ring.bytes.fill(0, at, at + bytes);
    }
  }

  #resetGroup(): void {
    this.#groupRecords = 0;
    this.#groupDeletes = 0;
    this.#groupFirstSequence = 0;
    this.#groupLastSequence = 0;
  }

  /** Takes `bytes` at the tail, in the next page if they would cross its end, and returns their offset. */
  #place(segment: Segment, bytes: number): number {
    const offset = this.#afterPadding(this.#tail, bytes);
    if (offset !== this.#tail) {
      encodePad(
        this.#ring.view,
        this.#ring.at(addressOf(segment.header.slot, this.#tail)),
        offset - this.#tail,
      );
    }
    this.#tail = offset + bytes;
    assert(this.#tail <= SLOT_BYTES, 'a segment fits its slot');
    return offset;
  }

  #afterPadding(offset: number, bytes: number): number {
    const { pageBytes } = this.#ring;
    assert(bytes <= pageBytes, 'a record fits a page');
    const left = pageBytes - (offset % pageBytes);
    return bytes > left ? offset + left : offset;
  }

  #endAfter(offset: number, sizes: readonly number[]): number {
    let end = offset;
    for (const bytes of sizes) end = this.#afterPadding(end, bytes) + bytes;
    return end;
  }

  /** Brings the pages from the tail up to `offset` of the active segment into memory. */
  #enterThrough(offset: number): void {
    const segment = this.#active;
    assert(segment !== undefined, 'pages are of the active segment');
    const { pageBytes } = this.#ring;
    for (let page = this.#tail - (this.#tail % pageBytes); page <= offset; page += pageBytes) {
      this.#enter(addressOf(segment.header.slot, Math.max(page, UNIT_BYTES)));
    }
  }

  /** Brings a page into memory; where all frames are taken, writes the open group and lets old pages go. */
  #enter(address: number): void {
    if (this.#ring.find(address) >= 0) return;
    if (this.#ring.freeFrames === 0) this.#evict();
    if (this.#ring.freeFrames === 0) {
      this.commit(false);
      this.#evict();
    }
    this.#ring.enter(address);
  }

  #evict(): void {
    const active = this.#active;
    this.#ring.evict(1, (pageAddress) => {
      if (active === undefined || slotOf(pageAddress) !== active.header.slot) return true;
      return offsetOf(pageAddress) + this.#ring.pageBytes <= active.bytes;
    });
  }
}
