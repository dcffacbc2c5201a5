/**
 * What lies in the directory of a store, by kind. Refuses anything that no store wrote: a store neither settles
 * among foreign files nor starts beside them.
 */
import { errorCode } from '@htkv/base';

import { foreignFile } from '../failure.ts';
import { parseStoreFileName } from '../format/file-names.ts';
import type { FileSystem } from '../fs/file-system.ts';

export interface DirectoryScan {
  readonly manifests: readonly number[];
  readonly segments: ReadonlySet<number>;
  readonly values: ReadonlySet<number>;
  readonly checkpoints: ReadonlySet<number>;
  /** Whether there is a ballast, which says nothing about the store. */
  readonly hasBallast: boolean;
}

/** Lists the directory; `undefined` if it does not exist. Throws `STORAGE_FOREIGN_FILE`. */
export function scanDirectory(fileSystem: FileSystem, directory: string): DirectoryScan | undefined {
  let names: string[];
  try {
    names = fileSystem.list(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const manifests: number[] = [];
  const segments = new Set<number>();
  const values = new Set<number>();
  const checkpoints = new Set<number>();
  let hasBallast = false;
  for (const name of names) {
    const parsed = parseStoreFileName(name);
    if (parsed.kind === 'manifest') manifests.push(parsed.id);
    else if (parsed.kind === 'segment') segments.add(parsed.id);
    else if (parsed.kind === 'value') values.add(parsed.id);
    else if (parsed.kind === 'checkpoint') checkpoints.add(parsed.id);
    else if (parsed.kind === 'ballast') hasBallast = true;
    else if (parsed.kind === 'foreign') {
      throw foreignFile(
        fileSystem.join(directory, name),
        'no store writes files of that name; move it, or choose another directory',
      );
    }
  }
  return { manifests, segments, values, checkpoints, hasBallast };
}

/** Whether there is nothing of a store in the directory. */
export function holdsNoStore(scan: DirectoryScan): boolean {
  return scan.manifests.length + scan.segments.size + scan.values.size + scan.checkpoints.size === 0;
}

/** Whether no file came or went between two scans. */
export function isSameScan(left: DirectoryScan, right: DirectoryScan): boolean {
  return (
    left.manifests.join() === right.manifests.join() &&
    hasSameMembers(left.segments, right.segments) &&
    hasSameMembers(left.values, right.values) &&
    hasSameMembers(left.checkpoints, right.checkpoints)
  );
}

function hasSameMembers(left: ReadonlySet<number>, right: ReadonlySet<number>): boolean {
  return left.size === right.size && [...left].every((id) => right.has(id));
}
