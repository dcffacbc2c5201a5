/**
 * One segment of the log as the running store knows it: its place, how much of it belongs to the log, and its open
 * file. Bytes behind `bytes` of a segment that is not active do not belong to the log, whatever they hold.
 */
import { assert } from '@htkv/base';

import { storeFileName } from '../format/file-names.ts';
import { SegmentState, type ManifestEntry } from '../format/manifest.ts';
import { SEGMENT_HEADER_BYTES, segmentSeed, type SegmentHeader } from '../format/segment-header.ts';
import type { File, FileSystem } from '../fs/file-system.ts';

export class Segment {
  readonly header: SegmentHeader;
  readonly seed: number;
  readonly path: string;
  readonly #fileSystem: FileSystem;
  #file: File | undefined;
  #isClosed = false;
  state: SegmentState = SegmentState.active;
  /** Header and committed groups, written to the file. Invariant: a multiple of the unit. */
  bytes: number = SEGMENT_HEADER_BYTES;
  /** What of `bytes` is durable. Invariant: at most `bytes`. */
  durableBytes: number = SEGMENT_HEADER_BYTES;
  /** Chain value after `bytes`. */
  chain: number;
  firstSequence: number;
  lastSequence: number;
  recordCount = 0;
  deleteCount = 0;

  /** `chain` is the chain value of the header. */
  constructor(fileSystem: FileSystem, directory: string, header: SegmentHeader, chain: number) {
    this.#fileSystem = fileSystem;
    this.header = header;
    this.seed = segmentSeed(header);
    this.chain = chain;
    this.path = fileSystem.join(directory, storeFileName('segment', header.segmentId));
    this.firstSequence = header.firstSequence;
    this.lastSequence = header.firstSequence - 1;
  }

  /** The open file; opened for reading on first use. */
  get file(): File {
    assert(!this.#isClosed, 'a closed segment is not read');
    this.#file ??= this.#fileSystem.open(this.path, 'read');
    return this.#file;
  }

  /** Opens the file again, for writing. Throws the file system's error. */
  reopenForWriting(): void {
    const file = this.#fileSystem.open(this.path, 'write');
    this.#file?.close();
    this.#file = file;
  }

  /** Hands over the file that the segment was created or reopened for writing with. */
  adopt(file: File): void {
    assert(this.#file === undefined, 'a segment has one open file');
    this.#file = file;
  }

  /** What the manifest says of the segment: never more than is proven durable. */
  entry(): ManifestEntry {
    assert(this.durableBytes === this.bytes, 'the manifest speaks of durable bytes only');
    return {
      segmentId: this.header.segmentId,
      slot: this.header.slot,
      state: this.state,
      bytes: this.bytes,
      chain: this.chain,
      firstSequence: this.firstSequence,
      lastSequence: this.lastSequence,
      recordCount: this.recordCount,
      deleteCount: this.deleteCount,
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#file?.close();
    this.#file = undefined;
  }
}
