/**
 * Every record of a damaged store that still checks out, in log order, for whoever fills a new store with them. With a
 * manifest, its segments in its order and as far as they belong to the log; without one, every segment there is.
 */
import { CodedError, errorCode } from '@htkv/base';

import { corrupt } from '../failure.ts';
import { storeFileName } from '../format/file-names.ts';
import { SegmentState } from '../format/manifest.ts';
import { RecordType } from '../format/record.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { ValueFiles } from '../value/value-files.ts';
import { MissingValues } from './missing-values.ts';
import { readSegment, recordAt, type PlacedRecord, type SegmentReading } from './segment-reading.ts';
import { surveyStore, type StoreSurvey } from './store-survey.ts';

/** A write that was found. Key and value are owned by the caller. */
export interface SalvagedWrite {
  readonly key: Uint8Array;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt: number | undefined;
}

export interface SalvageStep {
  readonly path: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly writes: Generator<SalvagedWrite, void, undefined>;
  /** What could not be read, filled while `writes` is consumed. */
  readonly losses: readonly CodedError[];
}

/** One step for each segment; consume its writes before the next. Throws as `surveyStore` does. O(bytes). */
export function* salvageRecords(
  fileSystem: FileSystem,
  directory: string,
): Generator<SalvageStep, void, undefined> {
  const survey = surveyStore(fileSystem, directory);
  const plan = planOf(survey);
  const totalBytes = plan.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  const missing = new MissingValues();
  for (const [index, planned] of plan.entries()) {
    const { segmentId, bytes } = planned;
    const losses: CodedError[] = [];
    doneBytes += bytes;
    const path = fileSystem.join(directory, storeFileName('segment', segmentId));
    const isLast = index === plan.length - 1;
    const writes = withMissing(
      writesOf(fileSystem, directory, planned, losses, missing),
      losses,
      missing,
      isLast,
    );
    yield { path, doneBytes, totalBytes, writes, losses };
  }
}

/** What of values is missing is known behind the last segment. */
function* withMissing(
  writes: Generator<SalvagedWrite, void, undefined>,
  losses: CodedError[],
  missing: MissingValues,
  isLast: boolean,
): Generator<SalvagedWrite, void, undefined> {
  yield* writes;
  if (isLast) losses.push(...missing.failures);
}

interface PlannedSegment {
  readonly segmentId: number;
  /** Bytes of the segment that belong to the log. */
  readonly limit: number;
  readonly bytes: number;
}

function planOf({ manifest, files }: StoreSurvey): readonly PlannedSegment[] {
  const segments = files.filter(({ kind }) => kind === 'segment');
  if (manifest === undefined) {
    return segments.map(({ id = 0, bytes }) => ({ segmentId: id, limit: bytes, bytes }));
  }
  return manifest.segments.map(({ segmentId, state, bytes: proven }) => {
    const bytes = segments.find(({ id }) => id === segmentId)?.bytes ?? 0;
    const isOpenEnded = state === SegmentState.active && !manifest.clean;
    return { segmentId, limit: isOpenEnded ? bytes : proven, bytes };
  });
}

function* writesOf(
  fileSystem: FileSystem,
  directory: string,
  { segmentId, limit }: PlannedSegment,
  losses: CodedError[],
  missing: MissingValues,
): Generator<SalvagedWrite, void, undefined> {
  const reading = attempt(losses, () => readSegment(fileSystem, directory, segmentId));
  if (reading === undefined) return;
  for (const { start, end, expected, actual } of reading.walk.broken) {
    if (start < limit) losses.push(corrupt(reading.path, start, expected, `${actual}, up to byte ${end}`));
  }
  const values = new ValueFiles(fileSystem, directory, reading.header.identity);
  for (const offset of offsetsOf(reading, limit)) {
    const record = recordAt(reading, offset);
    if (record === undefined) continue;
    const write = record.isSound
      ? attempt(losses, () => writeOf(record, values, missing))
      : lost(losses, reading.path, offset);
    if (write !== undefined) yield write;
  }
}

/** Offsets of what was committed, and of sound records in stretches where the log is broken, in log order. */
function offsetsOf({ walk }: SegmentReading, limit: number): readonly number[] {
  const committed = walk.groups.filter(({ end }) => end <= limit).flatMap(({ records }) => records);
  const between = walk.broken.filter(({ start }) => start < limit).flatMap(({ records }) => records);
  // Behind the last group that checks out, records below what the manifest proves were committed.
  const isBrokenEnd = walk.end.end < limit;
  const behind = isBrokenEnd ? walk.strayRecords.filter((offset) => offset < limit) : [];
  return [...committed, ...between, ...behind].sort((left, right) => left - right);
}

/** Undefined where the value is missing: that is no loss if a newer record of the key comes. */
function writeOf(
  { head, key, value, pointer }: PlacedRecord,
  values: ValueFiles,
  missing: MissingValues,
): SalvagedWrite | undefined {
  const { version, timestamp, expiresAt } = head;
  missing.replace(key);
  let found: Uint8Array | undefined = value?.slice();
  try {
    if (pointer !== undefined) found = values.read(pointer, head.valueBytes);
  } catch (error) {
    if (!(error instanceof CodedError) || errorCode(error.cause) !== 'ENOENT') throw error;
    missing.add(key, error);
    return undefined;
  }
  const kept = head.type === RecordType.delete ? undefined : found;
  return { key: key.slice(), value: kept, version, timestamp, expiresAt };
}

function lost(losses: CodedError[], path: string, offset: number): undefined {
  losses.push(corrupt(path, offset, 'a record that matches its checksum', 'another checksum'));
}

function attempt<Result>(losses: CodedError[], task: () => Result): Result | undefined {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    losses.push(error);
    return undefined;
  }
}
