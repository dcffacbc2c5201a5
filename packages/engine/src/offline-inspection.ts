/**
 * A store looked at from outside, for tools of operators: nothing here opens the store for writing, takes its lock or
 * changes it, but for {@link removeLockFile}, which says so. Works on a damaged store, which opening refuses.
 */
import { errorCode, type CodedError } from '@htkv/state';
import {
  checkStore,
  NodeFileSystem,
  readCheckpoint,
  readSegment,
  removeLock,
  salvageRecords,
  spaceMap,
  surveyFormat,
  surveyLock,
  surveyStore,
  type CheckFinding,
  type CheckpointReading,
  type CheckStep,
  type CheckTotals,
  type FormatSurvey,
  type LockSurvey,
  type SalvageStep,
  type SegmentReading,
  type SegmentSpace,
  type StoreSurvey,
} from '@htkv/storage';

import { SingleNodeEngine } from './single-node-engine.ts';

/**
 * Checks every byte of every file, file by file; the last step opens the store for reading. Throws
 * `STORAGE_NOT_FOUND`, `STORAGE_FOREIGN_FILE`, `STORAGE_FORMAT_UNSUPPORTED` or `STORAGE_IO`. O(bytes).
 */
export function* checkFiles(dataDir: string): Generator<CheckStep, CheckTotals, undefined> {
  let isSound = true;
  const steps = checkStore(new NodeFileSystem(), dataDir);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    if (step.value.findings.some(({ severity }) => severity === 'damage')) isSound = false;
    yield step.value;
  }
  const totals = step.value;
  // What is known to be damaged does not open, and would only be found once more.
  const finding = isSound ? openingFinding(dataDir) : undefined;
  const findings = finding === undefined ? [] : [finding];
  yield { path: dataDir, doneBytes: totals.bytes, totalBytes: totals.bytes, findings };
  return totals;
}

/** Whether the store refuses to open, and why. */
function openingFinding(dataDir: string): CheckFinding | undefined {
  try {
    SingleNodeEngine.openSync({ dataDir, readOnly: true, createIfMissing: false }).closeSync();
    return undefined;
  } catch (error) {
    if (errorCode(error) !== 'STORAGE_CORRUPT') throw error;
    const { message, details } = error as CodedError;
    const path = typeof details?.['path'] === 'string' ? details['path'] : dataDir;
    const offset = typeof details?.['offset'] === 'number' ? details['offset'] : 0;
    return { severity: 'damage', path, offset, expected: 'a store that opens', actual: message };
  }
}

/** Every write that can still be read, segment by segment. Throws as {@link checkFiles} does. O(bytes). */
export function salvageWrites(dataDir: string): Generator<SalvageStep, void, undefined> {
  return salvageRecords(new NodeFileSystem(), dataDir);
}

/** The files of a store and what its manifest says. Throws as {@link checkFiles} does. */
export function surveyFiles(dataDir: string): StoreSurvey {
  return surveyStore(new NodeFileSystem(), dataDir);
}

/** One segment, read whole. Throws `STORAGE_CORRUPT` or `STORAGE_IO`. */
export function readSegmentFile(dataDir: string, segmentId: number): SegmentReading {
  return readSegment(new NodeFileSystem(), dataDir, segmentId);
}

/** One checkpoint, read whole and judged part by part. Throws `STORAGE_CORRUPT` or `STORAGE_IO`. */
export function readCheckpointFile(dataDir: string, checkpointId: number): CheckpointReading {
  return readCheckpoint(new NodeFileSystem(), dataDir, checkpointId);
}

/** The version of the format that each file has. Throws `STORAGE_CORRUPT`, and as {@link checkFiles} does. */
export function formatOfFiles(dataDir: string): FormatSurvey {
  return surveyFormat(new NodeFileSystem(), dataDir);
}

/** What each segment holds: live, dead, tombstones. O(log). */
export function spaceOfSegments(dataDir: string, now: number = Date.now()): SegmentSpace[] {
  return spaceMap(new NodeFileSystem(), dataDir, now);
}

/** Who holds the writer's lock, as the file `LOCK` says; `undefined` if there is none. Throws `STORAGE_IO`. */
export function lockHolderOf(dataDir: string): LockSurvey | undefined {
  return surveyLock(new NodeFileSystem(), dataDir);
}

/**
 * Removes the file `LOCK` if it is still the one that `seen` tells of, and says whether it was. The caller knows that
 * its holder is gone: two writers would destroy the store.
 */
export function removeLockFile(dataDir: string, seen: LockSurvey): boolean {
  return removeLock(new NodeFileSystem(), dataDir, seen);
}
