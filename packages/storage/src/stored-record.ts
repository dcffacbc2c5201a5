/** Records as they go into the store and come out of it, apart from how they lie in the log. */
import { recordBytes, RecordType, type RecordHead } from './format/record.ts';

/** One write. The store copies key and value before `apply` returns. */
export type RecordWrite =
  | {
      readonly type: 'set';
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly version: number;
      readonly timestamp: number;
      readonly expiresAt?: number | undefined;
    }
  | {
      readonly type: 'delete';
      readonly key: Uint8Array;
      readonly version: number;
      readonly timestamp: number;
    };

/** The newest record of a key, without its value. */
export interface StoredHead {
  readonly deleted: boolean;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt: number | undefined;
  readonly sequence: number;
}

/** The newest record of a key, with its value: empty for a delete, owned by the caller. */
export interface StoredEntry extends StoredHead {
  readonly value: Uint8Array;
}

/** What a record's head says to those who do not know the log. */
export function storedHead(head: RecordHead): StoredHead {
  return {
    deleted: head.type === RecordType.delete,
    version: head.version,
    timestamp: head.timestamp,
    expiresAt: head.expiresAt,
    sequence: head.sequence,
  };
}

/** The same with the record's value. */
export function storedEntry(head: RecordHead, value: Uint8Array): StoredEntry {
  return {
    deleted: head.type === RecordType.delete,
    version: head.version,
    timestamp: head.timestamp,
    expiresAt: head.expiresAt,
    sequence: head.sequence,
    value,
  };
}

/** Bytes that a write takes in the log; `separated` if its value lies in a file of its own. */
export function bytesOfWrite(write: RecordWrite, separated: boolean): number {
  if (write.type === 'delete') return recordBytes(write.key.length, 0, false, false);
  return recordBytes(write.key.length, write.value.length, write.expiresAt !== undefined, separated);
}
