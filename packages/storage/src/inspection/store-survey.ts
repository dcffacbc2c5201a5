/**
 * What lies in the directory of a store and what its newest manifest says, found out without changing anything and
 * without giving up at the first oddity. Files that no store wrote are listed, not refused.
 */
import { errorCode, type CodedError } from '@htkv/base';

import { ioFailure } from '../failure.ts';
import { parseStoreFileName, storeFileName, type StoreFileName } from '../format/file-names.ts';
import { SegmentState, type Manifest } from '../format/manifest.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { scanManifests } from '../manifest/manifest-files.ts';
import { storeMissing } from '../store-options.ts';

export interface SurveyedFile {
  readonly name: string;
  readonly path: string;
  readonly kind: StoreFileName['kind'];
  /** The number in its name; undefined where there is none. */
  readonly id: number | undefined;
  readonly bytes: number;
}

export interface StoreSurvey {
  readonly directory: string;
  readonly files: readonly SurveyedFile[];
  /** The newest manifest that checks out; undefined where none does. */
  readonly manifest: Manifest | undefined;
  readonly manifestPath: string | undefined;
  /** A newer manifest that does not check out, and why. */
  readonly damagedManifest: CodedError | undefined;
}

/** What the manifest says of a segment, in words. */
export const STATE_NAMES: Readonly<Record<SegmentState, 'active' | 'sealed' | 'cut'>> = {
  [SegmentState.active]: 'active',
  [SegmentState.sealed]: 'sealed',
  [SegmentState.cut]: 'cut',
};

/** Throws `STORAGE_NOT_FOUND`, `STORAGE_FOREIGN_FILE`, `STORAGE_FORMAT_UNSUPPORTED` or `STORAGE_IO`. */
export function surveyStore(fileSystem: FileSystem, directory: string): StoreSurvey {
  const files = listFiles(fileSystem, directory);
  const isStore = files.some(({ kind }) => !['lock', 'ballast', 'ignored', 'foreign'].includes(kind));
  if (!isStore) throw storeMissing(directory);
  const generations = files.flatMap(({ kind, id }) => (kind === 'manifest' && id !== undefined ? [id] : []));
  const { manifest, damaged } = scanManifests(fileSystem, directory, generations);
  const manifestPath = manifest && fileSystem.join(directory, storeFileName('manifest', manifest.generation));
  return { directory, files, manifest, manifestPath, damagedManifest: damaged };
}

function listFiles(fileSystem: FileSystem, directory: string): SurveyedFile[] {
  let names: string[];
  try {
    names = fileSystem.list(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw storeMissing(directory);
    throw ioFailure(directory, 'list', error);
  }
  return names.flatMap((name) => {
    const parsed = parseStoreFileName(name);
    if (parsed.kind === 'ignored') return [];
    const path = fileSystem.join(directory, name);
    const bytes = parsed.kind === 'foreign' ? 0 : sizeOf(fileSystem, path);
    // A writer may have removed it since.
    if (bytes === undefined) return [];
    return [{ name, path, kind: parsed.kind, id: 'id' in parsed ? parsed.id : undefined, bytes }];
  });
}

function sizeOf(fileSystem: FileSystem, path: string): number | undefined {
  try {
    const file = fileSystem.open(path, 'read');
    try {
      return file.size();
    } finally {
      file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw ioFailure(path, 'open', error);
  }
}
