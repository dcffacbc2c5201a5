/**
 * One segment of the log as the running store knows it: its place, how much of it belongs to the log, and this
 * thread's open file of it. Bytes behind `bytes` of a segment that is not active do not belong to the log, whatever
 * they hold.
 *
 * The numbers are shared by all threads, in the segment's block of the control memory; the file is each thread's own,
 * because a file that was opened in a thread is closed when that thread ends.
 */
import { assert } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { storeFileName } from '../format/file-names.ts';
import { SegmentState, type ManifestEntry } from '../format/manifest.ts';
import { SEGMENT_HEADER_BYTES, segmentSeed, type SegmentHeader } from '../format/segment-header.ts';
import type { File, FileSystem } from '../fs/file-system.ts';

/** Fields of a segment's block. */
const Field = {
  /** 0 where the slot has no segment. */
  segmentId: 0,
  seed: 1,
  state: 2,
  bytes: 3,
  durableBytes: 4,
  chain: 5,
  firstSequence: 6,
  lastSequence: 7,
  recordCount: 8,
  deleteCount: 9,
  /** See {@link Segment.condemn}; both 0 for a segment that belongs to the log. */
  emptiedAt: 10,
  goneWithGeneration: 11,
} as const;

/** What grows as groups are written. */
export interface SegmentExtent {
  /** Header and committed groups, written to the file. Invariant: a multiple of the unit. */
  readonly bytes: number;
  /** Chain value after `bytes`. */
  readonly chain: number;
  readonly lastSequence: number;
  readonly recordCount: number;
  readonly deleteCount: number;
}

export class Segment {
  readonly slot: number;
  readonly segmentId: number;
  /** Seed of the segment's checksums. */
  readonly seed: number;
  readonly firstSequence: number;
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #block: ControlBlock;
  #file: File | undefined;
  #isWritable = false;
  #isClosed = false;

  /** The segment that `block` of slot `slot` describes. */
  constructor(fileSystem: FileSystem, directory: string, slot: number, block: ControlBlock) {
    this.#fileSystem = fileSystem;
    this.#block = block;
    this.slot = slot;
    this.segmentId = block.get(Field.segmentId);
    this.seed = block.get(Field.seed);
    this.firstSequence = block.get(Field.firstSequence);
    this.path = fileSystem.join(directory, storeFileName('segment', this.segmentId));
  }

  /** Makes `block` describe an empty, active and durable segment. `chain` is the chain value of its header. */
  static describe(block: ControlBlock, header: SegmentHeader, chain: number): void {
    block.drop();
    block.stage(Field.segmentId, header.segmentId);
    block.stage(Field.seed, segmentSeed(header));
    block.stage(Field.state, SegmentState.active);
    block.stage(Field.bytes, SEGMENT_HEADER_BYTES);
    block.stage(Field.durableBytes, SEGMENT_HEADER_BYTES);
    block.stage(Field.chain, chain);
    block.stage(Field.firstSequence, header.firstSequence);
    block.stage(Field.lastSequence, header.firstSequence - 1);
    block.stage(Field.recordCount, 0);
    block.stage(Field.deleteCount, 0);
    block.stage(Field.emptiedAt, 0);
    block.stage(Field.goneWithGeneration, 0);
    block.publish();
  }

  /** Id of the segment that `block` describes, 0 for none; for any thread at any time. */
  static idIn(block: ControlBlock): number {
    return block.peek(Field.segmentId);
  }

  get state(): SegmentState {
    return this.#block.get(Field.state) as SegmentState;
  }

  get bytes(): number {
    return this.#block.get(Field.bytes);
  }

  /** What of `bytes` is durable. Invariant: at most `bytes`. */
  get durableBytes(): number {
    return this.#block.get(Field.durableBytes);
  }

  get chain(): number {
    return this.#block.get(Field.chain);
  }

  get lastSequence(): number {
    return this.#block.get(Field.lastSequence);
  }

  get recordCount(): number {
    return this.#block.get(Field.recordCount);
  }

  get deleteCount(): number {
    return this.#block.get(Field.deleteCount);
  }

  /** Takes in groups that are written. */
  extend(extent: SegmentExtent): void {
    // Here and below: a thread that died may have staged something.
    this.#block.drop();
    this.#block.stage(Field.bytes, extent.bytes);
    this.#block.stage(Field.chain, extent.chain);
    this.#block.stage(Field.lastSequence, extent.lastSequence);
    this.#block.stage(Field.recordCount, extent.recordCount);
    this.#block.stage(Field.deleteCount, extent.deleteCount);
    this.#block.publish();
  }

  /** All that is written is durable. */
  markDurable(): void {
    this.#block.drop();
    this.#block.set(Field.durableBytes, this.bytes);
  }

  /** Nothing is appended any more. */
  end(state: SegmentState): void {
    this.#block.drop();
    this.#block.set(Field.state, state);
  }

  /**
   * Nothing in the segment is the newest of its key any more, since place `sequence` of the commit order, and manifests
   * from `generation` on do not name it.
   */
  condemn(sequence: number, generation: number): void {
    this.#block.drop();
    this.#block.stage(Field.emptiedAt, sequence);
    this.#block.stage(Field.goneWithGeneration, generation);
    this.#block.publish();
  }

  /** Whether the segment is no part of the log any more, and stays only for those who may still read it. */
  get isCondemned(): boolean {
    return this.goneWithGeneration !== 0;
  }

  /** From this place of the commit order on nobody needs the segment. */
  get emptiedAt(): number {
    return this.#block.get(Field.emptiedAt);
  }

  /** The first manifest that does not name the segment; 0 where none leaves it out. */
  get goneWithGeneration(): number {
    return this.#block.get(Field.goneWithGeneration);
  }

  /** Whether the slot still holds this segment; for any thread at any time. */
  get isPresent(): boolean {
    return Segment.idIn(this.#block) === this.segmentId;
  }

  /** The slot has no segment any more. */
  forget(): void {
    this.#block.drop();
    this.#block.set(Field.segmentId, 0);
  }

  /** The open file; opened for reading on first use. */
  get file(): File {
    assert(!this.#isClosed, 'a closed segment is not read');
    this.#file ??= this.#fileSystem.open(this.path, 'read');
    return this.#file;
  }

  /** The open file, for writing. Throws the file system's error if it has to be opened first. */
  get writableFile(): File {
    if (!this.#isWritable) {
      const file = this.#fileSystem.open(this.path, 'write');
      this.#file?.close();
      this.#file = file;
      this.#isWritable = true;
    }
    return this.#file!;
  }

  /** Hands over the file that the segment was created with. */
  adopt(file: File): void {
    assert(this.#file === undefined, 'a segment has one open file');
    this.#file = file;
    this.#isWritable = true;
  }

  /** What the manifest says of the segment: never more than is proven durable. */
  entry(): ManifestEntry {
    assert(this.durableBytes === this.bytes, 'the manifest speaks of durable bytes only');
    return {
      segmentId: this.segmentId,
      slot: this.slot,
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
