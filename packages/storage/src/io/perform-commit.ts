/**
 * Doing a commit job: the values' names, the group, the sync. It works on shared memory and files alone, so any
 * thread can do it, and doing it again writes the same bytes to the same place.
 */
import { errorCode } from '@htkv/base';

import { isNoSpaceFailure } from '../failure.ts';
import { storeFileName } from '../format/file-names.ts';
import { syncDirectory, syncFile } from '../fs/checked-io.ts';
import type { File, FileSystem } from '../fs/file-system.ts';
import { writeGroup, type ClosedGroup } from '../log/group-writer.ts';
import type { PageRing } from '../log/page-ring.ts';
import type { CommitJob, CommitOutcome } from './commit-job.ts';

/** Where jobs are done. */
export interface CommitPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly ring: PageRing;
}

/** Writes a group with everything that its records point to; returns the chain value after it. */
export function performGroup(place: CommitPlace, file: File, group: ClosedGroup): number {
  if (group.endValueId > group.firstValueId) syncDirectory(place.fileSystem, place.directory);
  return writeGroup(place.ring, file, group);
}

/** A job's end, as {@link CommitJobCell.end} takes it. */
export interface PerformedCommit {
  readonly outcome: CommitOutcome;
  readonly chain: number;
  readonly errno: string;
}

/** Does a whole job. Never throws. */
export function performCommit(
  place: CommitPlace,
  job: CommitJob,
  openFile: (path: string) => File,
): PerformedCommit {
  let isWritten = false;
  try {
    const file = openFile(place.fileSystem.join(place.directory, storeFileName('segment', job.segmentId)));
    const chain = job.group === undefined ? 0 : performGroup(place, file, job.group);
    isWritten = true;
    if (job.durable) syncFile(file);
    return { outcome: 'written', chain, errno: '' };
  } catch (error) {
    const errno = errorCode((error as Error).cause) ?? errorCode(error) ?? 'UNKNOWN';
    if (isNoSpaceFailure(error)) return { outcome: 'noSpace', chain: 0, errno };
    return { outcome: isWritten ? 'syncFailed' : 'writeFailed', chain: 0, errno };
  }
}
