/**
 * Which files make up the store: creates segments and keeps the manifest in step with them. A segment exists for the
 * store once a durable manifest names it; until then it is an orphan that the next open removes.
 */
import type { FileIdentity } from '../format/file-header.ts';
import { storeFileName } from '../format/file-names.ts';
import { chainStart, encodeSegmentHeader, type SegmentHeader } from '../format/segment-header.ts';
import { createFile, removeQuietly, syncDirectory, syncFile, writeFile } from '../fs/checked-io.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { isNoSpaceFailure } from '../failure.ts';
import { Segment } from '../segment/segment.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { publishManifest, removeOldManifests } from './manifest-files.ts';

/** Counters that the manifest carries over a restart. */
export interface Progress {
  lastSequence: number;
  highestVersion: number;
  nextValueId: number;
  /** The latest time, in milliseconds since the epoch, that the store's user has acted on. */
  clockHighWater: number;
}

export interface CatalogOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly storeId: Uint8Array;
  readonly keyHashSeed: number;
  readonly pageLog2: number;
  readonly segments: SegmentTable;
  readonly progress: Progress;
  /** Generations of the manifest files in the directory. */
  readonly generations: readonly number[];
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

export class Catalog {
  readonly #options: CatalogOptions;
  #generations: number[];

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#generations = [...options.generations];
  }

  /** Writes a manifest of the segments as they are, durably. Throws `STORAGE_NO_SPACE` or `STORAGE_IO`. */
  publish(clean: boolean): void {
    const { fileSystem, directory, segments, progress } = this.#options;
    const generation = Math.max(0, ...this.#generations) + 1;
    this.#generations.push(generation);
    try {
      publishManifest(fileSystem, directory, {
        identity: this.#newIdentity(),
        generation,
        keyHashSeed: this.#options.keyHashSeed,
        pageLog2: this.#options.pageLog2,
        clean,
        segments: segments.inOrder.map((segment) => segment.entry()),
        nextSegmentId: segments.nextSegmentId,
        nextValueId: progress.nextValueId,
        highestVersion: progress.highestVersion,
        lastSequence: progress.lastSequence,
        clockHighWater: progress.clockHighWater,
      });
    } catch (error) {
      if (isNoSpaceFailure(error)) removeQuietly(fileSystem, this.#path('manifest', generation));
      throw error;
    }
    removeOldManifests(fileSystem, directory, this.#generations, generation);
    this.#generations = [generation];
  }

  /**
   * Creates an empty segment behind the last one for records from `firstSequence` on, durable, and adds it to the
   * table; with `publish`, a durable manifest names it too. Throws `STORAGE_NO_SPACE`, with nothing created, `STORAGE_FULL` or `STORAGE_IO`.
   */
  createSegment(firstSequence: number, publish: boolean): Segment {
    const { fileSystem, directory, segments } = this.#options;
    const slot = segments.freeSlot();
    const segmentId = segments.nextSegmentId;
    segments.nextSegmentId += 1;
    const path = this.#path('segment', segmentId);
    const file = createFile(fileSystem, path);
    try {
      const header = this.#segmentHeader(segmentId, slot, firstSequence);
      const bytes = encodeSegmentHeader(header);
      writeFile(file, bytes, 0);
      syncFile(file);
      syncDirectory(fileSystem, directory);
      const segment = new Segment(fileSystem, directory, header, chainStart(bytes));
      segments.add(segment);
      if (publish) this.publish(false);
      segment.adopt(file);
      return segment;
    } catch (error) {
      file.close();
      if (segments.last?.header.segmentId === segmentId) segments.removeLast();
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
      predecessorId: predecessor?.header.segmentId ?? 0,
      predecessorBytes: predecessor?.bytes ?? 0,
      predecessorChain: predecessor?.chain ?? 0,
      firstSequence,
      createdAt: now(),
    };
  }

  #newIdentity(): FileIdentity {
    return { storeId: this.#options.storeId, salt: this.#options.randomBytes(16) };
  }

  #path(kind: 'manifest' | 'segment', id: number): string {
    return this.#options.fileSystem.join(this.#options.directory, storeFileName(kind, id));
  }
}
