/** What a store needs to open, and what it starts from. */
import { CodedError } from '@htkv/base';

import type { CompactionOptions } from './compaction/compaction-policy.ts';
import { SLOT_BYTES } from './format/geometry.ts';
import type { FileSystem } from './fs/file-system.ts';
import type { StartCommitRunner } from './io/commit-runner.ts';
import type { Allocate, StoreMemory } from './memory/memory-plan.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';

export interface StoreOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  /** Bytes at which a segment is sealed: 4 KiB to 64 MiB. A larger batch has a longer segment for itself. */
  readonly maxSegmentSize: number;
  /** Bytes for resident pages of the log; eight pages stay whatever it says. */
  readonly memoryBudget: number;
  /** Share of index cells in use at which the index is rebuilt, larger if it has to be: 0.1 to 0.9. */
  readonly indexLoadFactor: number;
  /** What compaction picks, and what it may forget. */
  readonly compaction: CompactionOptions;
  /** Entries of a sealed segment's index that one read brings in: 8 to 4,096. */
  readonly sparseIndexEvery: number;
  /** The share of absent keys that a sealed segment's Bloom filter may take for present: 0.001 to 0.5. */
  readonly bloomFalsePositiveRate: number;
  /** Bytes of room that are kept for when the device is full, at most; 0 for none. */
  readonly ballastBytes: number;
  /** Most bytes that the index can ever take; reserved, and touched as it grows. */
  readonly indexBytesMax: number;
  /**
   * Bytes that the index is to take, half of them for what a thread keeps of footers; at least 64 KiB. Keys that were not
   * used lately leave it then, and are found through the footers. Undefined lets all keys stay. Without an order only.
   */
  readonly indexMemoryBudget: number | undefined;
  /** As `indexBytesMax`, of the order of the keys; 0 for a store without range reads. */
  readonly orderedBytesMax: number;
  /** Gives the store's memory, zeroed. */
  readonly allocate: Allocate;
  /** Starts somebody who writes commit groups out; undefined lets the caller's thread do everything. */
  readonly startCommitRunner: StartCommitRunner | undefined;
  /** Opens without the lock and writes nothing. */
  readonly readOnly: boolean;
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
  /** Milliseconds since the epoch; for creation dates, and for how often it is looked for room on a full device. */
  readonly now: () => number;
  /** Milliseconds since some moment, never set back; for measuring only. */
  readonly monotonicTime: () => number;
  /** Bytes that nobody can guess. */
  readonly randomBytes: (count: number) => Uint8Array;
}

/** What every thread of a store has to know of it; plain data. */
export interface StoreIdentity {
  /** Names the opened store among those of the process. */
  readonly name: string;
  readonly directory: string;
  readonly storeId: Uint8Array;
  readonly keyHashSeed: number;
  readonly pageLog2: number;
  readonly maxSegmentSize: number;
  readonly indexLoadFactor: number;
  readonly compaction: CompactionOptions;
  readonly sparseIndexEvery: number;
  readonly bloomFalsePositiveRate: number;
  readonly indexMemoryBudget: number | undefined;
  readonly ballastBytes: number;
}

/** What a thread needs to join a store; plain data, which structured cloning shares. */
export interface StoreHandle {
  readonly identity: StoreIdentity;
  readonly memory: StoreMemory;
  readonly report: RecoveryReport;
}

export const SEGMENT_SIZE_MIN: number = 4096;
export const SEGMENT_SIZE_MAX: number = SLOT_BYTES;

/** There is no store where one was expected, or one where none was. */
export function storeMissing(directory: string, cause?: unknown): CodedError {
  return new CodedError('STORAGE_NOT_FOUND', `there is no store in ${directory}`, {
    details: { path: directory },
    cause,
  });
}

export function storeExists(directory: string): CodedError {
  return new CodedError('STORAGE_EXISTS', `there is a store in ${directory} already`, {
    details: { path: directory },
  });
}

/** The store was to be filled, and that has not come to its end. */
export function storeIncomplete(directory: string): CodedError {
  return new CodedError(
    'STORAGE_INCOMPLETE',
    `the store in ${directory} holds only a part of the snapshot that it is filled from`,
    { details: { path: directory } },
  );
}

/** A store that is to be filled was written to before. */
export function storeNotEmpty(directory: string, lastSequence: number): CodedError {
  return new CodedError(
    'STORAGE_NOT_EMPTY',
    `expected the store in ${directory} to be one that was never written to, found ${lastSequence} writes`,
    { details: { path: directory, lastSequence } },
  );
}
