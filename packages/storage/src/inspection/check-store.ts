/**
 * Looks at every byte of a store from outside, changes nothing, and says what does not check out and where. Unlike
 * opening it does not stop at the first damage, and it also judges each record and value by its own checksum.
 */
import { CodedError, equalBytes, errorCode } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import { storeFileName } from '../format/file-names.ts';
import { SegmentState, type Manifest, type ManifestEntry } from '../format/manifest.ts';
import { sectionSeed } from '../format/segment-footer.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { judgeTail } from '../recovery/verdict.ts';
import { ValueFiles } from '../value/value-files.ts';
import type { ScanEnd } from '../segment/group-scanner.ts';
import { damagedSection } from '../segment/segment-ending.ts';
import { readCheckpoint } from './checkpoint-reading.ts';
import { MissingValues } from './missing-values.ts';
import { readSegment, recordsOf, type PlacedRecord, type SegmentReading } from './segment-reading.ts';
import type { BrokenStretch } from './segment-walk.ts';
import { surveyStore } from './store-survey.ts';

/**
 * `damage`: the store has lost something, or refuses to open. `note`: nothing that was acknowledged is concerned, such
 * as a write that a crash cut short.
 */
export interface CheckFinding {
  readonly severity: 'damage' | 'note';
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly expected: string;
  readonly actual: string;
}

/** How far a check has come, and what it found on the last step. */
export interface CheckStep {
  readonly path: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly findings: readonly CheckFinding[];
}

export interface CheckTotals {
  readonly files: number;
  readonly bytes: number;
  readonly groups: number;
  readonly records: number;
  readonly values: number;
}

type Report = (
  severity: CheckFinding['severity'],
  path: string,
  offset: number,
  expected: string,
  actual: string,
) => void;

/** Steps file by file. Throws as {@link surveyStore} does, and `STORAGE_IO`. O(bytes). */
export function* checkStore(
  fileSystem: FileSystem,
  directory: string,
): Generator<CheckStep, CheckTotals, undefined> {
  const survey = surveyStore(fileSystem, directory);
  const { manifest, files, damagedManifest } = survey;
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const totals = { files: 0, bytes: 0, groups: 0, records: 0, values: 0 };
  let findings: CheckFinding[] = [];
  const report: Report = (severity, path, offset, expected, actual) => {
    findings.push({ severity, path, offset, expected, actual });
  };
  const step = (path: string, bytes: number): CheckStep => {
    totals.files += 1;
    totals.bytes += bytes;
    const found = findings;
    findings = [];
    return { path, doneBytes: totals.bytes, totalBytes, findings: found };
  };

  if (damagedManifest !== undefined) reportFailure(report, damagedManifest, directory);
  if (manifest === undefined) {
    report('damage', directory, 0, 'a manifest that checks out', 'none');
    yield step(directory, 0);
    return totals;
  }
  for (const file of files) {
    if (file.kind === 'foreign') report('damage', file.path, 0, 'files of this store only', 'another one');
  }
  yield step(survey.manifestPath ?? directory, 0);

  const values = new ValueFiles(fileSystem, directory, manifest.identity);
  const usedValues = new Set<number>();
  const missing = new MissingValues();
  for (const entry of manifest.segments) {
    const path = fileSystem.join(directory, storeFileName('segment', entry.segmentId));
    const reading = attempt(report, path, () => readSegment(fileSystem, directory, entry.segmentId));
    if (reading !== undefined) {
      totals.groups += reading.walk.groups.length;
      const end = checkSegment(report, manifest, entry, reading);
      for (const record of recordsOf(reading, end)) {
        totals.records += 1;
        if (!record.isSound) {
          report('damage', path, record.offset, 'a record that matches its checksum', 'another checksum');
          continue;
        }
        missing.replace(record.key);
        if (record.pointer === undefined) continue;
        if (!usedValues.has(record.pointer.valueId)) totals.values += 1;
        usedValues.add(record.pointer.valueId);
        checkValue(report, values, record, missing);
      }
    }
    yield step(path, reading?.bytes.length ?? 0);
  }
  for (const failure of missing.failures) reportFailure(report, failure, directory);
  const named = new Set(manifest.segments.map(({ segmentId }) => segmentId));
  for (const { kind, id, path, bytes } of files) {
    const isUsed = isNamed(kind, id ?? 0, { named, usedValues, manifest });
    const canBeLeft = kind === 'segment' || kind === 'value';
    if (kind === 'checkpoint' && isUsed) checkCheckpoint(report, fileSystem, directory, id ?? 0, path);
    if (canBeLeft && !isUsed) report('note', path, 0, 'a file that the store uses', 'one that it does not');
    if (kind !== 'segment' || !isUsed) yield step(path, bytes);
  }
  return totals;
}

interface Named {
  readonly named: ReadonlySet<number>;
  readonly usedValues: ReadonlySet<number>;
  readonly manifest: Manifest;
}

/** Whether the store consists of a file, among others. */
function isNamed(kind: string, id: number, { named, usedValues, manifest }: Named): boolean {
  if (kind === 'segment') return named.has(id);
  return kind === 'value' ? usedValues.has(id) : kind === 'checkpoint' && id === manifest.checkpointId;
}

/** The log is complete without it, and opening goes by that: damage to a checkpoint is no damage to the store. */
function checkCheckpoint(
  report: Report,
  fileSystem: FileSystem,
  directory: string,
  id: number,
  path: string,
): void {
  const asNote: Report = (_, ...place) => report('note', ...place);
  const reading = attempt(asNote, path, () => {
    try {
      return readCheckpoint(fileSystem, directory, id);
    } catch (error) {
      // A writer has taken a newer one meanwhile.
      if (errorCode((error as Error).cause) === 'ENOENT') return undefined;
      throw error;
    }
  });
  for (const { offset, expected, actual } of reading?.damages ?? []) {
    report('note', path, offset, expected, actual);
  }
}

/** A record that says where its value is; a file that is not there counts when no newer record of the key comes. */
function checkValue(
  report: Report,
  values: ValueFiles,
  { key, head, pointer }: PlacedRecord,
  missing: MissingValues,
): void {
  try {
    values.read(pointer!, head.valueBytes);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    if (errorCode(error.cause) === 'ENOENT') missing.add(key, error);
    else reportFailure(report, error, values.path(pointer!.valueId));
  }
}

/** Returns the offset up to which groups belong to the log. */
function checkSegment(
  report: Report,
  manifest: Manifest,
  entry: ManifestEntry,
  reading: SegmentReading,
): number {
  const { path, header, walk, footer } = reading;
  const isSame = equalBytes(header.identity.storeId, manifest.identity.storeId);
  if (!isSame || header.segmentId !== entry.segmentId || header.slot !== entry.slot) {
    report('damage', path, 0, 'the segment that the manifest names', 'another one');
  }
  if (entry.state === SegmentState.active && !manifest.clean) return checkOpenEnd(report, entry, reading);
  for (const stretch of walk.broken) {
    if (stretch.start < entry.bytes) reportStretch(report, path, stretch);
  }
  const reached = walk.groups.findLast((group) => group.end <= entry.bytes)?.end ?? entry.bytes;
  if (walk.end.end < entry.bytes) {
    report('damage', path, walk.end.end, walk.end.expected, walk.end.actual);
  } else if (walk.broken.length === 0 && reached !== entry.bytes) {
    report('damage', path, reached, `a group that ends at byte ${entry.bytes}`, 'none');
  }
  if (entry.state === SegmentState.sealed && footer?.bodyBytes !== entry.bytes) {
    report('damage', path, entry.bytes, 'the footer of a sealed segment', 'other bytes');
  }
  if (entry.state === SegmentState.sealed) checkSections(report, reading);
  return entry.bytes;
}

/** What lies between the groups and the footer that says where. */
function checkSections(report: Report, { path, seed, bytes, footer }: SegmentReading): void {
  for (const section of footer?.sections ?? []) {
    const found = bytes.subarray(section.offset, section.offset + section.bytes);
    if (crc32(found, sectionSeed(seed, section.offset)) === section.checksum) continue;
    const { offset, expected, actual } = damagedSection(section);
    report('damage', path, offset, expected, actual);
  }
}

/** The segment that was being written: what lies above every proof may be a write that was cut short. */
function checkOpenEnd(
  report: Report,
  entry: ManifestEntry,
  { path, seed, bytes, walk }: SegmentReading,
): number {
  const [first, ...others] = walk.broken;
  const end: ScanEnd =
    first === undefined
      ? walk.end
      : { ...walk.end, end: first.start, kind: 'bad', expected: first.expected, actual: first.actual };
  const groups = walk.groups.filter((group) => group.end <= end.end);
  const segment = { path, seed, segmentId: entry.segmentId };
  const verdict = attempt(report, path, () => judgeTail(segment, bytes, entry.bytes, groups, end));
  if (verdict === undefined) {
    for (const stretch of others) reportStretch(report, path, stretch);
    return bytes.length;
  }
  if (verdict.tornBytes > 0) {
    const torn = `${verdict.tornBytes} bytes of a write that was cut short`;
    report('note', path, end.end, 'the end of the log', torn);
  }
  return end.end;
}

function reportStretch(report: Report, path: string, { start, end, expected, actual }: BrokenStretch): void {
  report('damage', path, start, expected, `${actual}; the log goes on at byte ${end}`);
}

/** What `task` comes to; a failure that says what is damaged becomes a finding. */
function attempt<Result>(report: Report, path: string, task: () => Result): Result | undefined {
  try {
    return task();
  } catch (error) {
    const isFinding = error instanceof CodedError && error.code !== 'STORAGE_FORMAT_UNSUPPORTED';
    if (!isFinding) throw error;
    reportFailure(report, error, path);
    return undefined;
  }
}

function reportFailure(report: Report, error: CodedError, path: string): void {
  const { offset, expected, actual, path: place } = error.details ?? {};
  report(
    'damage',
    typeof place === 'string' ? place : path,
    typeof offset === 'number' ? offset : 0,
    typeof expected === 'string' ? expected : 'a file that can be read',
    typeof actual === 'string' ? actual : error.message,
  );
}
