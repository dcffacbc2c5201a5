/**
 * The manifest's files: one per generation. A new generation is written beside the old one, made durable, and only
 * then are older ones removed, so that at every moment the newest manifest that checks out is the truth.
 */
import { SLOT_LOG2, UNIT_LOG2 } from '../format/geometry.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../format/manifest.ts';
import { storeFileName } from '../format/file-names.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { corrupt, foreignFile } from '../failure.ts';
import { createFile, syncDirectory, syncFile, writeFile } from '../fs/checked-io.ts';
import { equalBytes } from '@htkv/base';
import { readWhole } from '../fs/read-whole.ts';

/** What the manifest files of a directory say. */
export interface ManifestScan {
  /** The newest manifest that checks out. */
  readonly manifest: Manifest | undefined;
  /** The highest generation of any file, readable or not: the next one is one above. */
  readonly generationMax: number;
  /** The newest file that does not check out, and why, if it is newer than `manifest`. */
  readonly damaged: ReturnType<typeof corrupt> | undefined;
}

/** Reads the newest manifest. Throws `STORAGE_FOREIGN_FILE` where manifests of two stores lie side by side. */
export function scanManifests(fileSystem: FileSystem, directory: string, generations: readonly number[]): ManifestScan {
  const newestFirst = [...generations].sort((left, right) => right - left);
  let manifest: Manifest | undefined;
  let damaged: ManifestScan['damaged'];
  for (const generation of newestFirst) {
    const path = fileSystem.join(directory, storeFileName('manifest', generation));
    const reading = decodeManifest(readWhole(fileSystem, path));
    if (reading.kind === 'damaged') {
      if (manifest === undefined) damaged ??= corrupt(path, 0, reading.expected, reading.actual);
    } else if (manifest === undefined) {
      manifest = reading.manifest;
    } else if (!equalBytes(manifest.identity.storeId, reading.manifest.identity.storeId)) {
      throw foreignFile(path, 'it is the manifest of another store');
    }
  }
  return { manifest, generationMax: newestFirst[0] ?? 0, damaged };
}

/** Writes a new generation durably and removes the older files. Throws `STORAGE_NO_SPACE` or `STORAGE_IO`. */
export function publishManifest(fileSystem: FileSystem, directory: string, manifest: Manifest): void {
  const path = fileSystem.join(directory, storeFileName('manifest', manifest.generation));
  const bytes = encodeManifest(manifest, { unitLog2: UNIT_LOG2, slotLog2: SLOT_LOG2 });
  const file = createFile(fileSystem, path);
  try {
    writeFile(file, bytes, 0);
    syncFile(file);
  } finally {
    file.close();
  }
  syncDirectory(fileSystem, directory);
}

/** Removes manifests older than `generation`. A failure leaves a file that the next open ignores. */
export function removeOldManifests(
  fileSystem: FileSystem,
  directory: string,
  generations: readonly number[],
  generation: number,
): void {
  for (const old of generations) {
    if (old >= generation) continue;
    try {
      fileSystem.remove(fileSystem.join(directory, storeFileName('manifest', old)));
    } catch {
      // An older generation never counts beside a newer one, so what stays behind does no harm.
    }
  }
}
