/**
 * The manifest's files: one per generation. A new generation is written beside the old one, made durable, and only
 * then are older ones removed, so that at every moment the newest manifest that checks out is the truth.
 */
import { equalBytes, type CodedError } from '@htkv/base';

import { corrupt, foreignFile } from '../failure.ts';
import { storeFileName } from '../format/file-names.ts';
import { decodeManifest, encodeManifest, type Manifest, type ManifestReading } from '../format/manifest.ts';
import { createFile, removeQuietly, syncDirectory, syncFile, writeFile } from '../fs/checked-io.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';

/** What the manifest files of a directory say. */
export interface ManifestScan {
  /** The newest manifest that checks out. */
  readonly manifest: Manifest | undefined;
  /** Bits of its features that allow this version to read the store and forbid it to write. */
  readonly readOnlyFeatures: number;
  /** The newest file that does not check out, and why, if it is newer than `manifest`. */
  readonly damaged: CodedError | undefined;
}

/**
 * Reads the newest manifest. Throws `STORAGE_FOREIGN_FILE` where manifests of two stores lie side by side, and
 * `STORAGE_FORMAT_UNSUPPORTED`.
 */
export function scanManifests(
  fileSystem: FileSystem,
  directory: string,
  generations: readonly number[],
): ManifestScan {
  const newestFirst = [...generations].sort((left, right) => right - left);
  let manifest: Manifest | undefined;
  let readOnlyFeatures = 0;
  let damaged: CodedError | undefined;
  for (const generation of newestFirst) {
    const path = fileSystem.join(directory, storeFileName('manifest', generation));
    const reading = readManifest(fileSystem, path, generation);
    if (reading.kind === 'damaged') {
      if (manifest === undefined) damaged ??= corrupt(path, 0, reading.expected, reading.actual);
    } else if (manifest === undefined) {
      ({ manifest, readOnlyFeatures } = reading);
    } else if (!equalBytes(manifest.identity.storeId, reading.manifest.identity.storeId)) {
      throw foreignFile(path, 'it is the manifest of another store');
    }
  }
  return { manifest, readOnlyFeatures, damaged };
}

/** A manifest counts under the name that it was written under only: a copy of an old one is not the newest. */
function readManifest(fileSystem: FileSystem, path: string, generation: number): ManifestReading {
  const reading = decodeManifest(readWhole(fileSystem, path));
  if (reading.kind === 'damaged' || reading.manifest.generation === generation) return reading;
  return {
    kind: 'damaged',
    expected: `generation ${generation}`,
    actual: `generation ${reading.manifest.generation}`,
  };
}

/** Writes a new generation durably. Throws `STORAGE_NO_SPACE` or `STORAGE_IO`. */
export function publishManifest(fileSystem: FileSystem, directory: string, manifest: Manifest): void {
  const path = fileSystem.join(directory, storeFileName('manifest', manifest.generation));
  const bytes = encodeManifest(manifest);
  const file = createFile(fileSystem, path);
  try {
    writeFile(file, bytes, 0);
    syncFile(file);
  } finally {
    file.close();
  }
  syncDirectory(fileSystem, directory);
}

/** Removes manifests that a newer one has replaced. One that stays behind never counts beside a newer one. */
export function removeManifests(
  fileSystem: FileSystem,
  directory: string,
  generations: readonly number[],
): void {
  for (const generation of generations) {
    removeQuietly(fileSystem, fileSystem.join(directory, storeFileName('manifest', generation)));
  }
}
