/**
 * The records of a portable snapshot: a head of 32 bytes, the key, the value. Blocks cut them where they like.
 */

import { VALUE_BYTES_MAX } from './command.ts';
import type { Entry, Tombstone } from './entry.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { malformedSnapshot } from './malformed-snapshot.ts';
import { SnapshotRecordKind, snapshotRecordLayout } from './snapshot-layout.ts';

/** A record with its key, owned by whoever is handed it. */
export type SnapshotRecord = readonly [key: Uint8Array, record: Entry | Tombstone];

type HeadField = keyof typeof snapshotRecordLayout.sizes;

interface PendingRecord {
  readonly kind: number;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt: number;
  readonly key: GrowingBytes;
  readonly value: GrowingBytes;
}

const HEAD_BYTES = snapshotRecordLayout.totalBytes;

/** The bytes before the key, in a new array. */
export function encodeRecordHead(key: Uint8Array, record: Entry | Tombstone): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  snapshotRecordLayout.write(view, 0, 'kind', kindOf(record));
  snapshotRecordLayout.write(view, 0, 'keyBytes', key.length);
  snapshotRecordLayout.write(view, 0, 'version', record.version);
  snapshotRecordLayout.write(view, 0, 'timestamp', record.timestamp);
  if ('deleted' in record) return bytes;
  snapshotRecordLayout.write(view, 0, 'valueBytes', record.value.length);
  snapshotRecordLayout.write(view, 0, 'expiresAt', record.expiresAt ?? 0);
  return bytes;
}

/** Puts records together from the payloads of blocks. */
export class SnapshotRecordReader {
  readonly #latestVersion: number;
  readonly #head: Uint8Array = new Uint8Array(HEAD_BYTES);
  readonly #headView: DataView = new DataView(this.#head.buffer);
  #headBytes = 0;
  /** The record whose head is complete. */
  #pending: PendingRecord | undefined;

  /** No record is newer than `latestVersion`. */
  constructor(latestVersion: number) {
    this.#latestVersion = latestVersion;
  }

  /** Whether all that was read belongs to a record that is complete. */
  get isBetweenRecords(): boolean {
    return this.#headBytes === 0;
  }

  /** The records that end in `payload`, which lies at `at` of the snapshot. Throws `STATE_MALFORMED_SNAPSHOT`. */
  *read(payload: Uint8Array, at: number): Generator<SnapshotRecord, void, undefined> {
    for (let offset = 0; offset < payload.length || this.#pending !== undefined;) {
      if (this.#pending === undefined) {
        const count = Math.min(HEAD_BYTES - this.#headBytes, payload.length - offset);
        this.#head.set(payload.subarray(offset, offset + count), this.#headBytes);
        this.#headBytes += count;
        offset += count;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#pending = this.#readHead(at + offset - HEAD_BYTES);
      }
      const { key, value } = this.#pending;
      offset += key.take(payload, offset);
      offset += value.take(payload, offset);
      if (!key.isFull || !value.isFull) return;
      yield [key.bytes, recordOf(this.#pending)];
      this.#pending = undefined;
      this.#headBytes = 0;
    }
  }

  /** `at` is about where the head begins in the snapshot. */
  #readHead(at: number): PendingRecord {
    const kind = this.#field('kind', at);
    if (kind < SnapshotRecordKind.entry || kind > SnapshotRecordKind.tombstone) {
      throw malformedSnapshot(at, 'a record of kind 1, 2 or 3', `kind ${kind}`);
    }
    const version = this.#field('version', at);
    if (version === 0 || version > this.#latestVersion) {
      throw malformedSnapshot(at, `a version from 1 to ${this.#latestVersion}`, String(version));
    }
    const valueBytes = this.#field('valueBytes', at);
    if (valueBytes > VALUE_BYTES_MAX) {
      throw malformedSnapshot(at, `a value of at most ${VALUE_BYTES_MAX} bytes`, `${valueBytes} bytes`);
    }
    const expiresAt = this.#field('expiresAt', at);
    const isDeadlineTaken = kind !== SnapshotRecordKind.entryWithDeadline && expiresAt !== 0;
    const isValueTaken = kind === SnapshotRecordKind.tombstone && valueBytes !== 0;
    if (isDeadlineTaken || isValueTaken || this.#field('reserved', at) !== 0) {
      throw malformedSnapshot(at, `zeros where kind ${kind} has nothing`, 'other bytes');
    }
    const timestamp = this.#field('timestamp', at);
    const key = new GrowingBytes(this.#field('keyBytes', at));
    return { kind, version, timestamp, expiresAt, key, value: new GrowingBytes(valueBytes) };
  }

  #field(field: HeadField, at: number): number {
    const integer = snapshotRecordLayout.read(this.#headView, 0, field);
    if (integer !== undefined) return integer;
    throw malformedSnapshot(
      at + snapshotRecordLayout.offsets[field],
      `${field} to be a safe integer`,
      'a larger one',
    );
  }
}

function recordOf({ kind, version, timestamp, expiresAt, value }: PendingRecord): Entry | Tombstone {
  if (kind === SnapshotRecordKind.tombstone) return { deleted: true, version, timestamp };
  const entry = { value: value.bytes, version, timestamp };
  return kind === SnapshotRecordKind.entry ? entry : { ...entry, expiresAt };
}

function kindOf(record: Entry | Tombstone): number {
  if ('deleted' in record) return SnapshotRecordKind.tombstone;
  return record.expiresAt === undefined ? SnapshotRecordKind.entry : SnapshotRecordKind.entryWithDeadline;
}
