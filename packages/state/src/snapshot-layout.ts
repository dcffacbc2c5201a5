/**
 * The structures of a portable snapshot, as fields of whole bytes one after the other. `docs/snapshots.md` shows the
 * same tables, and a test compares both.
 */

import { assert } from '@htkv/base';

const TWO_TO_32 = 0x1_0000_0000;
/** Safe integers fit 53 bits, which leaves 21 for the upper half. */
const UPPER_HALF_MAX = 0x1f_ffff;

/** Bytes of each field, in their order. */
export type FieldSizes<Field extends string> = Readonly<Record<Field, 1 | 2 | 4 | 8>>;

/** Where each field of a structure lies. Integers are little-endian and unsigned; those of eight bytes are safe. */
export class SnapshotLayout<Field extends string> {
  readonly sizes: FieldSizes<Field>;
  readonly offsets: Readonly<Record<Field, number>>;
  readonly totalBytes: number;

  constructor(sizes: FieldSizes<Field>) {
    const offsets: Partial<Record<Field, number>> = {};
    let totalBytes = 0;
    for (const field of Object.keys(sizes) as Field[]) {
      offsets[field] = totalBytes;
      totalBytes += sizes[field];
    }
    this.sizes = sizes;
    this.offsets = offsets as Record<Field, number>;
    this.totalBytes = totalBytes;
  }

  /** The integer of a field of the structure at `at`; `undefined` if it is not a safe one. */
  read(view: DataView, at: number, field: Field): number | undefined {
    const offset = at + this.offsets[field];
    const size = this.sizes[field];
    if (size === 1) return view.getUint8(offset);
    if (size === 2) return view.getUint16(offset, true);
    if (size === 4) return view.getUint32(offset, true);
    const upper = view.getUint32(offset + 4, true);
    return upper > UPPER_HALF_MAX ? undefined : upper * TWO_TO_32 + view.getUint32(offset, true);
  }

  write(view: DataView, at: number, field: Field, integer: number): void {
    const size = this.sizes[field];
    const offset = at + this.offsets[field];
    assert(Number.isSafeInteger(integer) && integer >= 0, 'a field holds a safe integer');
    assert(size === 8 || integer < 2 ** (8 * size), 'an integer fits its field');
    if (size === 1) view.setUint8(offset, integer);
    else if (size === 2) view.setUint16(offset, integer, true);
    else {
      view.setUint32(offset, integer % TWO_TO_32, true);
      if (size === 8) view.setUint32(offset + 4, Math.floor(integer / TWO_TO_32), true);
    }
  }
}

/** The first bytes: `HTKVSNAP`. */
export const SNAPSHOT_MAGIC: Uint8Array = Uint8Array.of(0x48, 0x54, 0x4b, 0x56, 0x53, 0x4e, 0x41, 0x50);

/** Version of the format that is written, and the only one that is read. */
export const SNAPSHOT_FORMAT_VERSION = 1;

/** Longest payload of a block: what a reader holds of a snapshot before it has seen a checksum of it. */
export const BLOCK_PAYLOAD_BYTES_MAX = 65_536;

/** What stands where a block would say how long it is, and the trailer follows. */
export const TRAILER_MARK = 0;

export const snapshotHeaderLayout: SnapshotLayout<
  | 'magic'
  | 'formatVersion'
  | 'headerBytes'
  | 'features'
  | 'lastSequence'
  | 'latestVersion'
  | 'takenAt'
  | 'reserved'
  | 'checksum'
> = new SnapshotLayout({
  magic: 8,
  formatVersion: 2,
  headerBytes: 2,
  features: 4,
  lastSequence: 8,
  latestVersion: 8,
  takenAt: 8,
  reserved: 4,
  checksum: 4,
});

export const snapshotBlockLayout: SnapshotLayout<'payloadBytes' | 'checksum'> = new SnapshotLayout({
  payloadBytes: 4,
  checksum: 4,
});

export const snapshotRecordLayout: SnapshotLayout<
  'kind' | 'reserved' | 'keyBytes' | 'valueBytes' | 'version' | 'timestamp' | 'expiresAt'
> = new SnapshotLayout({
  kind: 1,
  reserved: 1,
  keyBytes: 2,
  valueBytes: 4,
  version: 8,
  timestamp: 8,
  expiresAt: 8,
});

export const snapshotTrailerLayout: SnapshotLayout<
  'mark' | 'checksum' | 'entries' | 'tombstones' | 'entriesDigest' | 'tombstonesDigest'
> = new SnapshotLayout({
  mark: 4,
  checksum: 4,
  entries: 8,
  tombstones: 8,
  entriesDigest: 8,
  tombstonesDigest: 8,
});

/** An entry, an entry with a deadline, and a tombstone. */
export const SnapshotRecordKind = { entry: 1, entryWithDeadline: 2, tombstone: 3 } as const;
