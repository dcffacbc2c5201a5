/**
 * How much of each segment is still needed: its live records, the deletes that are remembered, and what has been
 * replaced. Reads the whole log and remembers every key meanwhile.
 */
import type { Manifest } from '../format/manifest.ts';
import { RecordType } from '../format/record.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { storeMissing } from '../store-options.ts';
import { readSegment, recordsOf } from './segment-reading.ts';
import { STATE_NAMES, surveyStore } from './store-survey.ts';

/** Bytes of one segment, by what they are. Together they are the file. */
export interface SegmentSpace {
  readonly segmentId: number;
  readonly state: 'active' | 'sealed' | 'cut';
  readonly fileBytes: number;
  /** Records whose entries are there. */
  readonly liveBytes: number;
  /** Deletes that are the newest record of their key. */
  readonly tombstoneBytes: number;
  /** Records that were replaced, or whose deadline has come. */
  readonly deadBytes: number;
  /** Header, trailers, padding, footer, and what does not belong to the log. */
  readonly otherBytes: number;
}

interface Newest {
  readonly segment: number;
  readonly bytes: number;
  readonly version: number;
  readonly kind: 'live' | 'tombstone' | 'dead';
}

/** `now` in milliseconds since the epoch decides about deadlines. Throws as `readSegment` does. O(log). */
export function spaceMap(fileSystem: FileSystem, directory: string, now: number): SegmentSpace[] {
  const { manifest } = surveyStore(fileSystem, directory);
  if (manifest === undefined) throw storeMissing(directory);
  const sizes = manifest.segments.map(() => ({ file: 0, records: 0, live: 0, tombstone: 0 }));
  const newest = new Map<string, Newest>();
  manifest.segments.forEach(({ segmentId }, index) => {
    const reading = readSegment(fileSystem, directory, segmentId);
    const size = sizes[index]!;
    size.file = reading.bytes.length;
    for (const { key, bytes, head } of recordsOf(reading, limitOf(manifest, index))) {
      size.records += bytes;
      const isDue = head.expiresAt !== undefined && head.expiresAt <= now;
      const set = isDue ? 'dead' : 'live';
      const kind = head.type === RecordType.delete ? 'tombstone' : set;
      const name = nameOf(key);
      const { version } = head;
      // Of two records of one version, the later one in the log is what the index points at.
      if (version < (newest.get(name)?.version ?? 0)) continue;
      newest.set(name, { segment: index, bytes, version, kind });
    }
  });
  for (const { segment, bytes, kind } of newest.values()) {
    if (kind !== 'dead') sizes[segment]![kind] += bytes;
  }
  return manifest.segments.map(({ segmentId, state }, index) => {
    const { file, records, live, tombstone } = sizes[index]!;
    return {
      segmentId,
      state: STATE_NAMES[state],
      fileBytes: file,
      liveBytes: live,
      tombstoneBytes: tombstone,
      deadBytes: records - live - tombstone,
      otherBytes: file - records,
    };
  });
}

function limitOf(manifest: Manifest, index: number): number {
  const entry = manifest.segments[index]!;
  const isLast = index === manifest.segments.length - 1;
  return isLast && !manifest.clean ? Number.POSITIVE_INFINITY : entry.bytes;
}

const decoder = new TextDecoder('latin1');

/** A different text for each key. */
function nameOf(key: Uint8Array): string {
  return decoder.decode(key);
}
