/**
 * Header and trailer of a portable snapshot as values, and as bytes.
 */

import { crc32, equalBytes, toHex } from '@htkv/base';

import { malformedSnapshot, unsupportedSnapshot } from './malformed-snapshot.ts';
import {
  SNAPSHOT_FORMAT_VERSION,
  SNAPSHOT_MAGIC,
  snapshotHeaderLayout,
  snapshotTrailerLayout,
  TRAILER_MARK,
} from './snapshot-layout.ts';

/** Of which state a snapshot is. */
export interface SnapshotPosition {
  /** Place of the last write that shows in it, in the commit order of its store; 0 before the first. */
  readonly lastSequence: number;
  /** The highest version of any write by then, also of those whose records are gone; 0 before the first. */
  readonly latestVersion: number;
  /** The store's time when it was taken, in milliseconds since the epoch: deadlines up to then have come. */
  readonly takenAt: number;
}

/** What a whole snapshot holds. */
export interface SnapshotSummary extends SnapshotPosition {
  readonly entries: number;
  readonly tombstones: number;
  /** What `digestState` says of the state, expired entries included. */
  readonly entriesDigest: string;
  /** The same hash over the tombstones alone. */
  readonly tombstonesDigest: string;
}

/** What the trailer adds to the position. */
export type SnapshotTotals = Omit<SnapshotSummary, keyof SnapshotPosition>;

const HEADER_BYTES = snapshotHeaderLayout.totalBytes;
const TRAILER_BYTES = snapshotTrailerLayout.totalBytes;

export function encodeSnapshotHeader(position: SnapshotPosition): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(SNAPSHOT_MAGIC);
  snapshotHeaderLayout.write(view, 0, 'formatVersion', SNAPSHOT_FORMAT_VERSION);
  snapshotHeaderLayout.write(view, 0, 'headerBytes', HEADER_BYTES);
  snapshotHeaderLayout.write(view, 0, 'lastSequence', position.lastSequence);
  snapshotHeaderLayout.write(view, 0, 'latestVersion', position.latestVersion);
  snapshotHeaderLayout.write(view, 0, 'takenAt', position.takenAt);
  const { checksum } = snapshotHeaderLayout.offsets;
  snapshotHeaderLayout.write(view, 0, 'checksum', crc32(bytes.subarray(0, checksum)));
  return bytes;
}

/** Throws `STATE_MALFORMED_SNAPSHOT` or, for a whole header of another format, `STATE_SNAPSHOT_UNSUPPORTED`. */
export function decodeSnapshotHeader(bytes: Uint8Array): SnapshotPosition {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!equalBytes(bytes.subarray(0, SNAPSHOT_MAGIC.length), SNAPSHOT_MAGIC)) {
    throw malformedSnapshot(0, "the magic 'HTKVSNAP'", 'other bytes');
  }
  const { checksum } = snapshotHeaderLayout.offsets;
  if (crc32(bytes.subarray(0, checksum)) !== view.getUint32(checksum, true)) {
    throw malformedSnapshot(checksum, 'the checksum of the header', 'another one');
  }
  const formatVersion = fieldOf(view, 'formatVersion');
  const features = fieldOf(view, 'features');
  if (formatVersion !== SNAPSHOT_FORMAT_VERSION || features !== 0) {
    throw unsupportedSnapshot(formatVersion, features);
  }
  requireField(view, 'headerBytes', HEADER_BYTES);
  requireField(view, 'reserved', 0);
  return {
    lastSequence: fieldOf(view, 'lastSequence'),
    latestVersion: fieldOf(view, 'latestVersion'),
    takenAt: fieldOf(view, 'takenAt'),
  };
}

/** `chain` is the checksum before. */
export function encodeSnapshotTrailer(totals: SnapshotTotals, chain: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  const { offsets } = snapshotTrailerLayout;
  snapshotTrailerLayout.write(view, 0, 'mark', TRAILER_MARK);
  snapshotTrailerLayout.write(view, 0, 'entries', totals.entries);
  snapshotTrailerLayout.write(view, 0, 'tombstones', totals.tombstones);
  bytes.set(digestBytes(totals.entriesDigest), offsets.entriesDigest);
  bytes.set(digestBytes(totals.tombstonesDigest), offsets.tombstonesDigest);
  snapshotTrailerLayout.write(view, 0, 'checksum', chainedChecksum(bytes, TRAILER_BYTES, chain));
  return bytes;
}

/** `at` is the offset of the trailer in the snapshot. Throws `STATE_MALFORMED_SNAPSHOT`. */
export function decodeSnapshotTrailer(bytes: Uint8Array, chain: number, at: number): SnapshotTotals {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offsets } = snapshotTrailerLayout;
  if (chainedChecksum(bytes, TRAILER_BYTES, chain) !== view.getUint32(offsets.checksum, true)) {
    throw malformedSnapshot(at + offsets.checksum, 'the checksum of the trailer', 'another one');
  }
  const entries = snapshotTrailerLayout.read(view, 0, 'entries');
  const tombstones = snapshotTrailerLayout.read(view, 0, 'tombstones');
  if (entries === undefined || tombstones === undefined) {
    throw malformedSnapshot(at + offsets.entries, 'counts that are safe integers', 'a larger one');
  }
  const digestAt = (offset: number): string => toHex(bytes.subarray(offset, offset + 8));
  return {
    entries,
    tombstones,
    entriesDigest: digestAt(offsets.entriesDigest),
    tombstonesDigest: digestAt(offsets.tombstonesDigest),
  };
}

/**
 * The checksum of a block or a trailer, `length` bytes from its start: over all of it but the field of the checksum
 * itself, which are its bytes 4 to 7, continued from the checksum before.
 */
export function chainedChecksum(bytes: Uint8Array, length: number, chain: number): number {
  return crc32(bytes.subarray(8, length), crc32(bytes.subarray(0, 4), chain));
}

function fieldOf(view: DataView, field: keyof typeof snapshotHeaderLayout.sizes): number {
  const integer = snapshotHeaderLayout.read(view, 0, field);
  if (integer !== undefined) return integer;
  throw malformedSnapshot(
    snapshotHeaderLayout.offsets[field],
    `${field} to be a safe integer`,
    'a larger one',
  );
}

function requireField(view: DataView, field: keyof typeof snapshotHeaderLayout.sizes, value: number): void {
  const found = fieldOf(view, field);
  if (found === value) return;
  throw malformedSnapshot(snapshotHeaderLayout.offsets[field], `${field} to be ${value}`, String(found));
}

function digestBytes(digest: string): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, index) =>
    Number.parseInt(digest.slice(2 * index, 2 * index + 2), 16),
  );
}
