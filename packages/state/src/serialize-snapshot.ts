/**
 * A state as a portable snapshot: its records in the order of their keys, entries and tombstones merged, in blocks
 * under a chain of checksums. Independent of how a store keeps its records; the same state gives the same bytes.
 * `docs/snapshots.md` shows the format.
 *
 * Memory: two blocks, and what the view holds for the record that it hands out.
 */

import { ArgumentRangeError, compareBytes } from '@htkv/base';

import { checkKey, checkTimestamp, checkValue, checkVersion } from './check-command.ts';
import type { Entry, Tombstone } from './entry.ts';
import { BEFORE_EVERY_DEADLINE } from './entry.ts';
import {
  chainedChecksum,
  encodeSnapshotHeader,
  encodeSnapshotTrailer,
  type SnapshotPosition,
  type SnapshotSummary,
} from './snapshot-frame.ts';
import { BLOCK_PAYLOAD_BYTES_MAX, snapshotBlockLayout, snapshotHeaderLayout } from './snapshot-layout.ts';
import { encodeRecordHead, type SnapshotRecord } from './snapshot-records.ts';
import { TotalsCounter } from './snapshot-totals.ts';
import type { StateView } from './state-view.ts';

/** Records that come in the order of their keys anyway, entries and tombstones alike. */
export interface RecordSource {
  records(): Iterable<SnapshotRecord>;
  /** The highest version of any record that was ever written; 0 before the first. */
  latestVersion(): number;
}

/** What a snapshot is made of: a view of a state, or its records. */
export type SnapshotSource = Pick<StateView, 'entries' | 'tombstones' | 'latestVersion'> | RecordSource;

const NOTHING = new Uint8Array(0);
const BLOCK_HEAD_BYTES = snapshotBlockLayout.totalBytes;

/**
 * Yields the snapshot of `view` in pieces of at most 65,544 bytes, which the caller owns, and returns what is in it.
 * The view has to stay as it is meanwhile. Expired entries are part of it: their versions still count.
 *
 * `position` is what the view itself does not know. Left out: sequence and time 0, and the view's latest version.
 *
 * @throws RangeError (`VALIDATION_RANGE`) if a record is newer than the latest version, and what the view throws
 */
export function* serializeSnapshot(
  view: SnapshotSource,
  position: Partial<SnapshotPosition> = {},
): Generator<Uint8Array, SnapshotSummary, undefined> {
  const { lastSequence = 0, latestVersion = view.latestVersion(), takenAt = 0 } = position;
  checkTimestamp(lastSequence, 'lastSequence');
  checkTimestamp(latestVersion, 'latestVersion');
  checkTimestamp(takenAt, 'takenAt');
  const header = encodeSnapshotHeader({ lastSequence, latestVersion, takenAt });
  const blocks = new BlockWriter(
    new DataView(header.buffer).getUint32(snapshotHeaderLayout.offsets.checksum, true),
  );
  yield header;
  const totals = new TotalsCounter();
  for (const [key, record] of 'records' in view ? view.records() : recordsInOrder(view)) {
    checkRecord(key, record, latestVersion);
    totals.count(key, record);
    const parts = [encodeRecordHead(key, record), key, 'deleted' in record ? NOTHING : record.value];
    for (const part of parts) {
      for (let offset = blocks.add(part, 0); blocks.isFull; offset = blocks.add(part, offset)) {
        yield blocks.finish();
      }
    }
  }
  if (!blocks.isEmpty) yield blocks.finish();
  yield encodeSnapshotTrailer(totals.finish(), blocks.chain);
  return { lastSequence, latestVersion, takenAt, ...totals.finish() };
}

/** Entries and tombstones as one sequence, ascending by key. */
export function* recordsInOrder(
  view: Pick<StateView, 'entries' | 'tombstones'>,
): Generator<SnapshotRecord, void, undefined> {
  const entries = view.entries(BEFORE_EVERY_DEADLINE)[Symbol.iterator]();
  const tombstones = view.tombstones()[Symbol.iterator]();
  let entry = entries.next();
  let tombstone = tombstones.next();
  while (entry.done !== true || tombstone.done !== true) {
    const isEntryNext =
      tombstone.done === true ||
      (entry.done !== true && compareBytes(entry.value[0], tombstone.value[0]) < 0);
    if (isEntryNext && entry.done !== true) {
      yield entry.value;
      entry = entries.next();
    } else if (tombstone.done !== true) {
      yield tombstone.value;
      tombstone = tombstones.next();
    }
  }
}

/** Cuts a stream of bytes into blocks. */
class BlockWriter {
  /** The checksum before; the next block continues it. */
  chain: number;
  #block: Uint8Array = newBlock();
  #end: number = BLOCK_HEAD_BYTES;

  constructor(chain: number) {
    this.chain = chain;
  }

  get isEmpty(): boolean {
    return this.#end === BLOCK_HEAD_BYTES;
  }

  get isFull(): boolean {
    return this.#end === this.#block.length;
  }

  /** Takes `bytes` from `offset` on, as far as there is room in the block; returns where it stopped. */
  add(bytes: Uint8Array, offset: number): number {
    const count = Math.min(bytes.length - offset, this.#block.length - this.#end);
    this.#block.set(count === bytes.length ? bytes : bytes.subarray(offset, offset + count), this.#end);
    this.#end += count;
    return offset + count;
  }

  /** The block, whose bytes belong to the caller; the next one begins. */
  finish(): Uint8Array {
    const block = this.#block.subarray(0, this.#end);
    const view = new DataView(block.buffer);
    snapshotBlockLayout.write(view, 0, 'payloadBytes', this.#end - BLOCK_HEAD_BYTES);
    this.chain = chainedChecksum(block, this.#end, this.chain);
    snapshotBlockLayout.write(view, 0, 'checksum', this.chain);
    this.#block = newBlock();
    this.#end = BLOCK_HEAD_BYTES;
    return block;
  }
}

function newBlock(): Uint8Array {
  return new Uint8Array(BLOCK_HEAD_BYTES + BLOCK_PAYLOAD_BYTES_MAX);
}

function checkRecord(key: Uint8Array, record: Entry | Tombstone, latestVersion: number): void {
  checkKey(key);
  checkVersion(record.version);
  checkTimestamp(record.timestamp);
  if (record.version > latestVersion) {
    throw new ArgumentRangeError(
      `expected latestVersion to be at least that of every record, ${record.version}, got ${latestVersion}`,
    );
  }
  if ('deleted' in record) return;
  checkValue(record.value);
  if (record.expiresAt !== undefined) checkTimestamp(record.expiresAt, 'expiresAt');
}
