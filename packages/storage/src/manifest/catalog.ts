/**
 * Which files make up the store: creates segments and keeps the manifest in step with them. A segment exists for the
 * store once a durable manifest names it; until then it is an orphan that the next open removes.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field, FillingState } from '../control/store-fields.ts';
import type { FileIdentity } from '../format/file-header.ts';
import { storeFileName } from '../format/file-names.ts';
import { chainStart, encodeSegmentHeader, type SegmentHeader } from '../format/segment-header.ts';
import { createFile, removeQuietly, syncDirectory, syncFile, writeFile } from '../fs/checked-io.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { isNoSpaceFailure } from '../failure.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { publishManifest, removeManifests } from './manifest-files.ts';

export interface CatalogOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly storeId: Uint8Array;
  readonly keyHashSeed: number;
  readonly pageLog2: number;
  readonly segments: SegmentTable;
  readonly control: ControlBlock;
  /** Manifest files that were in the directory when the store was opened. */
  readonly generations: readonly number[];
  /** The latest time that the store's user has acted on, in milliseconds since the epoch. */
  readonly clockHighWater: () => number;
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

export class Catalog {
  readonly #options: CatalogOptions;
  /** Of those, the ones that may still be there. */
  #generationsFound: readonly number[];

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#generationsFound = options.generations;
  }

  /** Writes a manifest of the segments as they are, durably. Throws `STORAGE_NO_SPACE` or `STORAGE_IO`. */
  publish(clean: boolean): void {
    const { fileSystem, directory, segments, control } = this.#options;
    const generation = control.get(Field.nextGeneration);
    control.set(Field.nextGeneration, generation + 1);
    try {
      publishManifest(fileSystem, directory, {
        identity: this.#newIdentity(),
        generation,
        keyHashSeed: this.#options.keyHashSeed,
        pageLog2: this.#options.pageLog2,
        clean,
        segments: segments.inLog.map((segment) => segment.entry()),
        incomplete: control.get(Field.filling) === FillingState.underWay,
        nextSegmentId: control.get(Field.nextSegmentId),
        nextValueId: control.get(Field.nextValueId),
        highestVersion: control.get(Field.highestVersion),
        lastSequence: control.get(Field.lastSequence),
        clockHighWater: this.#options.clockHighWater(),
        checkpointId: control.get(Field.checkpointId),
        historyFrom: control.get(Field.compactedSequence) + 1,
      });
    } catch (error) {
      if (isNoSpaceFailure(error)) removeQuietly(fileSystem, this.#path('manifest', generation));
      throw error;
    }
    const older = [...this.#generationsFound];
    for (let old = control.get(Field.publishedGeneration); old < generation; old += 1) {
      if (old > 0 && !older.includes(old)) older.push(old);
    }
    removeManifests(fileSystem, directory, older);
    this.#generationsFound = [];
    control.stage(Field.publishedGeneration, generation);
    control.stage(Field.isClean, clean ? 1 : 0);
    control.publish();
  }

  /**
   * Creates an empty segment behind the last one for records from `firstSequence` on, durable, and adds it to the
   * table; with `publish`, a durable manifest names it too. Throws `STORAGE_NO_SPACE`, with nothing created, `STORAGE_FULL` or `STORAGE_IO`.
   */
  createSegment(firstSequence: number, publish: boolean): Segment {
    const { fileSystem, directory, segments, control } = this.#options;
    const slot = segments.freeSlot();
    const segmentId = control.get(Field.nextSegmentId);
    control.set(Field.nextSegmentId, segmentId + 1);
    const path = this.#path('segment', segmentId);
    const file = createFile(fileSystem, path);
    try {
      const header = this.#segmentHeader(segmentId, slot, firstSequence);
      const bytes = encodeSegmentHeader(header);
      writeFile(file, bytes, 0);
      syncFile(file);
      syncDirectory(fileSystem, directory);
      const segment = segments.add(header, chainStart(bytes));
      if (publish) this.publish(false);
      segment.adopt(file);
      return segment;
    } catch (error) {
      file.close();
      const { last } = segments;
      if (last?.segmentId === segmentId) segments.remove(last);
      // After any other failure the manifest may be on disk and name the segment.
      if (isNoSpaceFailure(error)) removeQuietly(fileSystem, path);
      throw error;
    }
  }

  #segmentHeader(segmentId: number, slot: number, firstSequence: number): SegmentHeader {
    const { segments, now } = this.#options;
    const predecessor = segments.last;
    return {
      identity: this.#newIdentity(),
      segmentId,
      slot,
      keyHashSeed: this.#options.keyHashSeed,
      predecessorId: predecessor?.segmentId ?? 0,
      predecessorBytes: predecessor?.bytes ?? 0,
      predecessorChain: predecessor?.chain ?? 0,
      firstSequence,
      createdAt: now(),
    };
  }

  /** Bytes for a file of its own, the seed of its checksums. */
  newSalt(): Uint8Array {
    return this.#options.randomBytes(16);
  }

  #newIdentity(): FileIdentity {
    return { storeId: this.#options.storeId, salt: this.newSalt() };
  }

  #path(kind: 'manifest' | 'segment', id: number): string {
    return this.#options.fileSystem.join(this.#options.directory, storeFileName(kind, id));
  }
}
