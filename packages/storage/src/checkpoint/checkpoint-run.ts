/**
 * Writing a checkpoint while the store goes on: in slices, each of which takes one short turn at most. Cells are copied
 * in turns and written between them.
 *
 * 1. Its beginning is where the log was written to: everything before is in the index, and so in the cells.
 * 2. The index's table is copied piece by piece. Cells may point at records that came meanwhile.
 * 3. Its end is where the log is durable afterwards: no cell points behind it. The numbers of keys are those at this
 *    place. So nothing in the file speaks of a record that a crash could take back.
 * 4. The file gets its header and becomes durable, its name too; then a manifest names it. Until that is durable, the
 *    checkpoint before is the one that counts, and stays.
 *
 * If the table begins to be rebuilt, or records that cells may point at are taken back or compacted away, it begins again. Who
 * compacts waits for one that has (`hasBegunAgain`); and after a few times it does everything in one turn, in which
 * nobody can come between.
 */
import { assert } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import { Field } from '../control/store-fields.ts';
import {
  CHECKPOINT_BLOCK_CELLS,
  CHECKPOINT_BLOCK_END_BYTES,
  CHECKPOINT_CELL_BYTES,
  CHECKPOINT_HEADER_BYTES,
  checkpointBytes,
  checkpointCellsBytes,
  checkpointSeed,
  encodeCheckpointHeader,
  encodeCheckpointSegments,
  sealCheckpointBlock,
  type CheckpointBegin,
  type CheckpointHeader,
  type LogPosition,
} from '../format/checkpoint.ts';
import type { FileIdentity } from '../format/file-header.ts';
import { storeFileName } from '../format/file-names.ts';
import { createFile, removeQuietly, syncDirectory, syncFile, writeFile } from '../fs/checked-io.ts';
import type { File } from '../fs/file-system.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import type { StoreParts } from '../store-parts.ts';

/** Cells of the table that are copied in a turn; half a megabyte. */
const CELLS_PER_SLICE = 65_536;
/** Insertions' worth of growth that a turn goes on with, while the index grows: 8,192 cells. */
const GROWTH_PER_SLICE = 512;

/** Times that a run begins again before it does not let anybody else have a turn. */
const RESTARTS_MAX = 3;

const NO_WORDS: Int32Array = new Int32Array();
const NO_BYTES: Uint8Array = new Uint8Array();

/** What writing a checkpoint needs of the store. */
export interface CheckpointOwner {
  /** Runs a step while no other thread writes. */
  exclusively<Result>(step: () => Result): Result;
  /** Makes the log durable. Throws what committing throws, with everything settled. */
  commit(): void;
  /** Publishes a manifest that names the checkpoint, and settles what its failure means. */
  publish(clean: boolean): void;
}

export interface CheckpointResult {
  readonly checkpointId: number;
  /** Deleted ones included. */
  readonly keys: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/** What the beginning of a run has fixed. */
interface Beginning {
  readonly begin: CheckpointBegin;
  readonly nextValueId: number;
  readonly table: number;
  readonly changes: number;
}

export class CheckpointRun {
  readonly #parts: StoreParts;
  readonly #owner: CheckpointOwner;
  readonly #identity: FileIdentity;
  /** Memory for a slice and for a block, as long as cells are copied. */
  #slice = NO_WORDS;
  #block = NO_BYTES;
  #blockWords = NO_WORDS;
  #checkpointId = 0;
  /** The one that it takes the place of; 0 for none. */
  #before = 0;
  #file: File | undefined;
  #beginning: Beginning | undefined;
  /** Cells of the table that were copied. */
  #copied = 0;
  /** Cells in the block that is being filled; in the blocks before; number of those. */
  #inBlock = 0;
  #cellCount = 0;
  #blocks = 0;
  #state: 'beginning' | 'copying' | 'ending' | 'durable' | 'published' = 'beginning';
  #restarts = 0;
  #result: CheckpointResult | undefined;
  #end: LogPosition | undefined;

  /** `salt` is that of the file. */
  constructor(parts: StoreParts, owner: CheckpointOwner, salt: Uint8Array) {
    this.#parts = parts;
    this.#owner = owner;
    this.#identity = { storeId: parts.identity.storeId, salt };
  }

  /** Set once the checkpoint is published; undefined for a store without a log, which needs none. */
  get result(): CheckpointResult | undefined {
    return this.#state === 'published' ? this.#result : undefined;
  }

  /** The file is durable under its name, and no manifest names it yet. */
  get isDurable(): boolean {
    return this.#state === 'durable';
  }

  /** Whether it had to begin again: whoever could be the reason for that once more should wait. */
  get hasBegunAgain(): boolean {
    return this.#restarts > 0;
  }

  /**
   * Goes on by a slice. True when there is nothing more to do. Throws what creating, writing and syncing files and
   * committing throw: nothing is left of the run then, and the store goes on, unless what failed was the commit or the
   * manifest.
   */
  step(): boolean {
    try {
      if (this.#restarts >= RESTARTS_MAX) this.#runInOneTurn();
      else if (this.#state === 'beginning') this.#begin();
      else if (this.#state === 'copying') this.#copy();
      else if (this.#state === 'ending') this.#finishFile();
      else if (this.#state === 'durable') this.publish(this.#parts.control.block.get(Field.isClean) === 1);
      return this.#state === 'published';
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** O(keys), with a sync or two. */
  #runInOneTurn(): void {
    this.#owner.exclusively(() => {
      while (this.#state === 'beginning') this.#begin();
      while (this.#state === 'copying') this.#copy();
      if (this.#state === 'ending') this.#finishFile();
      if (this.#state === 'durable') this.publish(this.#parts.control.block.get(Field.isClean) === 1);
    });
  }

  /** What was copied is not true any more. */
  #beginAgain(): void {
    this.#restarts += 1;
    this.discard();
  }

  /** Lets a manifest name the checkpoint, and removes the one before. `clean` says that the log ends here. */
  publish(clean: boolean): void {
    assert(this.#state === 'durable', 'what a manifest names is durable');
    const { control, fileSystem, identity } = this.#parts;
    this.#owner.exclusively(() => {
      const named = control.block.get(Field.checkpointId);
      // Where a manifest has failed for want of room, this is done once more.
      if (named !== this.#checkpointId) this.#before = named;
      this.#owner.commit();
      control.block.stage(Field.checkpointId, this.#checkpointId);
      control.block.stage(Field.checkpointEndSegment, this.#end!.segmentId);
      control.block.stage(Field.checkpointEndBytes, this.#end!.bytes);
      control.block.publish();
      this.#owner.publish(clean);
      this.#state = 'published';
      if (this.#before === 0) return;
      removeQuietly(
        fileSystem,
        fileSystem.join(identity.directory, storeFileName('checkpoint', this.#before)),
      );
    });
  }

  /** Gives up what is not published: closes and removes the file. */
  discard(): void {
    const { control } = this.#parts;
    this.#forgetMemory();
    this.#file?.close();
    this.#file = undefined;
    if (this.#checkpointId === 0 || this.#state === 'published') return;
    // A manifest that failed may be on disk and name it; and every later one does.
    if (control.block.get(Field.checkpointId) === this.#checkpointId) return;
    removeQuietly(this.#parts.fileSystem, this.#path);
    this.#checkpointId = 0;
    this.#state = 'beginning';
  }

  #forgetMemory(): void {
    this.#slice = NO_WORDS;
    this.#block = NO_BYTES;
    this.#blockWords = NO_WORDS;
  }

  get #path(): string {
    const { fileSystem, identity } = this.#parts;
    return fileSystem.join(identity.directory, storeFileName('checkpoint', this.#checkpointId));
  }

  #begin(): void {
    const { segments, index, control } = this.#parts;
    const { block } = control;
    this.#beginning = this.#owner.exclusively(() => {
      // The first records of a store may all lie in the open group.
      if (lastWithRecords(segments) === undefined) this.#owner.commit();
      const last = lastWithRecords(segments);
      if (last === undefined) {
        this.#state = 'published';
        return undefined;
      }
      // What grows is not copied: growth is brought to its end first.
      if (!index.table.settle(GROWTH_PER_SLICE)) return undefined;
      this.#checkpointId = block.get(Field.nextGeneration);
      block.set(Field.nextGeneration, this.#checkpointId + 1);
      return {
        begin: positionOf(last),
        nextValueId: block.get(Field.nextValueId),
        table: index.table.onlyTable,
        changes: this.#changes,
      };
    });
    if (this.#beginning === undefined) return;
    this.#file = createFile(this.#parts.fileSystem, this.#path);
    this.#slice = new Int32Array(CELLS_PER_SLICE * 2);
    this.#blockWords = new Int32Array(CHECKPOINT_BLOCK_CELLS * 2 + 2);
    this.#block = new Uint8Array(this.#blockWords.buffer);
    this.#copied = 0;
    this.#inBlock = 0;
    this.#cellCount = 0;
    this.#blocks = 0;
    this.#state = 'copying';
  }

  #copy(): void {
    const { table } = this.#parts.index;
    const count = this.#owner.exclusively(() =>
      this.#isTrueStill() && table.onlyTable === this.#beginning!.table
        ? table.copyCells(this.#copied, this.#slice)
        : undefined,
    );
    if (count === undefined) {
      this.#beginAgain();
      return;
    }
    this.#copied += count;
    this.#addCells(count);
    if (count > 0) return;
    if (this.#inBlock > 0) this.#writeBlock();
    this.#forgetMemory();
    // Most of the file becomes durable here, outside of every turn.
    syncFile(this.#file!);
    this.#state = 'ending';
  }

  /** Whether no record that a cell may point at was taken back, and none of them lies in a segment that has gone. */
  #isTrueStill(): boolean {
    return this.#changes === this.#beginning!.changes;
  }

  /** Grows whenever records go, or their keys leave the index, or its cells move. */
  get #changes(): number {
    const { control, index } = this.#parts;
    const { block } = control;
    const gone =
      block.get(Field.revocations) + block.get(Field.segmentsEmptied) + block.get(Field.keysDropped);
    return gone + index.table.rebuilds;
  }

  #addCells(count: number): void {
    const slice = this.#slice;
    const words = this.#blockWords;
    for (let word = 0; word < count * 2; word += 2) {
      const hash = slice[word]!;
      const address = slice[word + 1]!;
      if (hash === 0 || address === 0) continue;
      words[this.#inBlock * 2] = hash;
      words[this.#inBlock * 2 + 1] = address;
      this.#inBlock += 1;
      if (this.#inBlock === CHECKPOINT_BLOCK_CELLS) this.#writeBlock();
    }
  }

  #writeBlock(): void {
    const bytes = this.#block.subarray(0, this.#inBlock * CHECKPOINT_CELL_BYTES + CHECKPOINT_BLOCK_END_BYTES);
    sealCheckpointBlock(bytes, this.#seed, this.#blocks);
    writeFile(this.#file!, bytes, CHECKPOINT_HEADER_BYTES + checkpointCellsBytes(this.#cellCount));
    this.#cellCount += this.#inBlock;
    this.#blocks += 1;
    this.#inBlock = 0;
  }

  get #seed(): number {
    return checkpointSeed(this.#identity, this.#checkpointId);
  }

  #finishFile(): void {
    const ending = this.#owner.exclusively(() => {
      // Looked at again after the commit: a commit that finds no room takes records back, and throws.
      if (!this.#isTrueStill()) return undefined;
      this.#owner.commit();
      return this.#ending();
    });
    if (ending === undefined) {
      this.#beginAgain();
      return;
    }
    const { header, segments } = ending;
    const file = this.#file!;
    writeFile(file, segments, CHECKPOINT_HEADER_BYTES + checkpointCellsBytes(this.#cellCount));
    writeFile(file, encodeCheckpointHeader(header), 0);
    syncFile(file);
    file.close();
    this.#file = undefined;
    const { fileSystem, identity } = this.#parts;
    syncDirectory(fileSystem, identity.directory);
    this.#end = header.end;
    this.#result = {
      checkpointId: this.#checkpointId,
      keys: header.keys,
      bytes: checkpointBytes(header.cellCount, header.segmentCount),
    };
    this.#state = 'durable';
  }

  /** Header and segments, as of now: everything is durable. */
  #ending(): { header: CheckpointHeader; segments: Uint8Array } {
    const { segments: table, control, index } = this.#parts;
    const { block } = control;
    const { begin, nextValueId } = this.#beginning!;
    const entries = table.inLog.map((segment) => ({
      ...segment.entry(),
      garbageUnits: control.garbage[segment.slot]!,
    }));
    const segments = encodeCheckpointSegments(entries);
    const header: CheckpointHeader = {
      identity: this.#identity,
      checkpointId: this.#checkpointId,
      cellCount: this.#cellCount,
      segmentCount: entries.length,
      segmentsChecksum: crc32(segments, this.#seed),
      begin,
      end: positionOf(lastWithRecords(table)!),
      keys: block.get(Field.keys),
      deletedKeys: block.get(Field.deletedKeys),
      keysWithDeadline: block.get(Field.keysWithDeadline),
      highestVersion: block.get(Field.highestVersion),
      lastSequence: block.get(Field.lastSequence),
      nextValueId,
      isPartial: index.cold?.isAnyMissing === true ? 1 : 0,
    };
    return { header, segments };
  }
}

/** One without records may be removed again by the next open. */
function lastWithRecords(segments: SegmentTable): Segment | undefined {
  return segments.inOrder.findLast((segment) => segment.recordCount > 0);
}

/** The end of what is written of a segment. */
function positionOf(segment: Segment): CheckpointBegin {
  const { segmentId, bytes, chain, lastSequence, recordCount, deleteCount } = segment;
  return { segmentId, bytes, chain, lastSequence, recordCount, deleteCount };
}
