/**
 * Reads a portable snapshot from pieces of any size. Nothing is handed on before the checksum over it has been seen,
 * no length is believed that the format does not allow, and only {@link SnapshotDecoder.finish} says that the
 * snapshot is whole.
 *
 * Memory: one block, and the record that is being put together.
 */

import { malformedSnapshot } from './malformed-snapshot.ts';
import {
  chainedChecksum,
  decodeSnapshotHeader,
  decodeSnapshotTrailer,
  type SnapshotPosition,
  type SnapshotSummary,
  type SnapshotTotals,
} from './snapshot-frame.ts';
import {
  BLOCK_PAYLOAD_BYTES_MAX,
  snapshotBlockLayout,
  snapshotHeaderLayout,
  snapshotTrailerLayout,
  TRAILER_MARK,
} from './snapshot-layout.ts';
import { SnapshotRecordReader, type SnapshotRecord } from './snapshot-records.ts';
import { TotalsCounter } from './snapshot-totals.ts';

const HEADER_BYTES = snapshotHeaderLayout.totalBytes;
const BLOCK_HEAD_BYTES = snapshotBlockLayout.totalBytes;
const TRAILER_BYTES = snapshotTrailerLayout.totalBytes;

export class SnapshotDecoder {
  /** The structure that is being gathered: header, block or trailer. */
  readonly #frame: Uint8Array = new Uint8Array(BLOCK_HEAD_BYTES + BLOCK_PAYLOAD_BYTES_MAX);
  readonly #frameView: DataView = new DataView(this.#frame.buffer);
  #filled = 0;
  /** Bytes of the structure as far as its beginning says. */
  #needed: number = HEADER_BYTES;
  /** Offset of the structure in the snapshot. */
  #at = 0;
  #chain = 0;
  #position: SnapshotPosition | undefined;
  #totals: SnapshotTotals | undefined;
  readonly #counter = new TotalsCounter();
  #reader: SnapshotRecordReader | undefined;

  /** What the header says, once it has been read. */
  get position(): SnapshotPosition | undefined {
    return this.#position;
  }

  /**
   * Reads `chunk`, which is borrowed until the iteration ends, and yields the records that are complete; they belong
   * to the caller. Throws `STATE_MALFORMED_SNAPSHOT` or `STATE_SNAPSHOT_UNSUPPORTED`.
   */
  *push(chunk: Uint8Array): Generator<SnapshotRecord, void, undefined> {
    for (let offset = 0; offset < chunk.length;) {
      if (this.#totals !== undefined) throw malformedSnapshot(this.#at, 'the end', 'more bytes');
      const count = Math.min(chunk.length - offset, this.#needed - this.#filled);
      this.#frame.set(chunk.subarray(offset, offset + count), this.#filled);
      this.#filled += count;
      offset += count;
      if (this.#filled === this.#needed) yield* this.#take();
    }
  }

  /** What the snapshot held, if it is whole. Throws `STATE_MALFORMED_SNAPSHOT`. */
  finish(): SnapshotSummary {
    if (this.#position === undefined || this.#totals === undefined) {
      throw malformedSnapshot(this.#at + this.#filled, 'the rest of a snapshot', 'the end');
    }
    return { ...this.#position, ...this.#totals };
  }

  /** A structure is complete, or as much of it as says how long it is. */
  *#take(): Generator<SnapshotRecord, void, undefined> {
    if (this.#position === undefined) {
      this.#position = decodeSnapshotHeader(this.#frame.subarray(0, HEADER_BYTES));
      this.#chain = this.#frameView.getUint32(snapshotHeaderLayout.offsets.checksum, true);
      this.#reader = new SnapshotRecordReader(this.#position.latestVersion);
      this.#next();
    } else if (this.#needed === BLOCK_HEAD_BYTES) {
      this.#needed = this.#announcedBytes();
    } else if (this.#frameView.getUint32(0, true) === TRAILER_MARK) {
      this.#takeTrailer();
      this.#next();
    } else {
      const end = this.#needed;
      const checksum = chainedChecksum(this.#frame, end, this.#chain);
      if (checksum !== this.#frameView.getUint32(snapshotBlockLayout.offsets.checksum, true)) {
        throw malformedSnapshot(this.#at, 'a block that matches its checksum', 'another checksum');
      }
      this.#chain = checksum;
      yield* this.#records(this.#frame.subarray(BLOCK_HEAD_BYTES, end));
      this.#next();
    }
  }

  #next(): void {
    this.#at += this.#filled;
    this.#filled = 0;
    this.#needed = BLOCK_HEAD_BYTES;
  }

  #announcedBytes(): number {
    const payloadBytes = this.#frameView.getUint32(0, true);
    if (payloadBytes === TRAILER_MARK) return TRAILER_BYTES;
    if (payloadBytes <= BLOCK_PAYLOAD_BYTES_MAX) return BLOCK_HEAD_BYTES + payloadBytes;
    throw malformedSnapshot(
      this.#at,
      `a payload of at most ${BLOCK_PAYLOAD_BYTES_MAX} bytes`,
      `${payloadBytes} bytes`,
    );
  }

  #takeTrailer(): void {
    const totals = decodeSnapshotTrailer(this.#frame.subarray(0, TRAILER_BYTES), this.#chain, this.#at);
    if (this.#reader?.isBetweenRecords !== true) {
      throw malformedSnapshot(this.#at, 'the rest of a record', 'the trailer');
    }
    const counted = this.#counter.finish();
    for (const total of ['entries', 'tombstones', 'entriesDigest', 'tombstonesDigest'] as const) {
      if (totals[total] === counted[total]) continue;
      throw malformedSnapshot(
        this.#at + snapshotTrailerLayout.offsets[total],
        `${total} as in the blocks`,
        'another one',
      );
    }
    this.#totals = totals;
  }

  /** The records that end in the payload of the block. */
  *#records(payload: Uint8Array): Generator<SnapshotRecord, void, undefined> {
    const payloadAt = this.#at + BLOCK_HEAD_BYTES;
    for (const [key, record] of this.#reader!.read(payload, payloadAt)) {
      if (!this.#counter.isInOrder(key))
        throw malformedSnapshot(this.#at, 'keys that ascend', 'another order');
      this.#counter.count(key, record);
      yield [key, record];
    }
  }
}
