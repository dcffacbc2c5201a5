/**
 * Reads a segment forward, group by group, and stops at the first byte that does not continue the chain. It judges
 * bytes only; what a bad byte means is decided in `recovery/verdict.ts`.
 */
import { crc32 } from '../checksum/crc32.ts';
import { COMMIT_TRAILER_BYTES, decodeCommitTrailer, type CommitTrailer } from '../format/commit-trailer.ts';
import { UNIT_BYTES } from '../format/geometry.ts';
import { isRecordHead, itemBytes, itemType, RecordType } from '../format/record.ts';

/** A group that checks out, as offsets into its segment. */
export interface CommittedGroup {
  readonly trailer: CommitTrailer;
  /** Offsets of the set and delete records, in log order. */
  readonly records: readonly number[];
  /** Where the next group begins. */
  readonly end: number;
}

/** Where and why a scan stopped. `end` is the end of the last group that checks out. */
export interface ScanEnd {
  readonly end: number;
  readonly chain: number;
  /** `complete`: the bytes end with the last group. */
  readonly kind: 'complete' | 'bad';
  readonly expected: string;
  readonly actual: string;
}

/**
 * Calls `onGroup` for each group of `bytes` from `start`, whose chain so far is `chain`, and returns where the scan
 * ended. `bytes` is the segment from its first byte; only whole units count. O(bytes).
 */
export function scanGroups(
  bytes: Uint8Array,
  seed: number,
  start: number,
  chain: number,
  onGroup: (group: CommittedGroup) => void,
): ScanEnd {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = start;
  let records: number[] = [];
  let offset = start;
  const stop = (kind: ScanEnd['kind'], expected: string, actual: string): ScanEnd => ({
    end,
    chain,
    kind,
    expected,
    actual,
  });
  while (offset + UNIT_BYTES <= bytes.length) {
    const length = itemBytes(view, offset);
    if (length === 0) return stop('bad', 'a record', 'a place that was not written');
    if (offset + length > bytes.length)
      return stop('bad', `${length} bytes of a record`, 'the end of the file');
    const type = itemType(view, offset);
    if (type === RecordType.commit) {
      const trailer = decodeCommitTrailer(bytes, offset, offset, seed);
      if (trailer === undefined)
        return stop('bad', 'a commit trailer', 'one that does not match its checksum');
      const mismatch = compareGroup(bytes, trailer, end, offset, chain, records.length);
      if (mismatch !== undefined) return stop('bad', 'a group that matches its trailer', mismatch);
      end = offset + COMMIT_TRAILER_BYTES;
      chain = trailer.chain;
      onGroup({ trailer, records, end });
      records = [];
    } else if (type === RecordType.set || type === RecordType.delete) {
      if (!isRecordHead(view, offset)) {
        return stop('bad', 'a record', 'lengths that contradict each other');
      }
      records.push(offset);
    } else if (type !== RecordType.pad && type !== RecordType.invalid) {
      return stop('bad', 'a record', `an item of type ${type}`);
    }
    offset += length;
  }
  if (offset !== end) return stop('bad', 'a commit trailer', 'the end of the file');
  return stop('complete', 'more of the log', 'the end of the file');
}

function compareGroup(
  bytes: Uint8Array,
  trailer: CommitTrailer,
  start: number,
  offset: number,
  chain: number,
  recordCount: number,
): string | undefined {
  if (trailer.groupStart !== start || trailer.groupBytes !== offset - start) return 'another extent';
  if (trailer.previousChain !== chain) return 'a trailer that continues another chain';
  if (trailer.recordCount !== recordCount) return 'another number of records';
  if (crc32(bytes.subarray(start, offset), chain) !== trailer.chain) return 'another checksum';
  return undefined;
}

/**
 * All trailers behind `from` whose own checksum holds, whether or not their groups do: witnesses of what had been
 * synced when they were written. Looks at every unit. O(bytes).
 */
export function findTrailers(bytes: Uint8Array, seed: number, from: number): CommitTrailer[] {
  const found: CommitTrailer[] = [];
  for (let offset = from; offset + COMMIT_TRAILER_BYTES <= bytes.length; offset += UNIT_BYTES) {
    if (bytes[offset + 2] !== RecordType.commit) continue;
    const trailer = decodeCommitTrailer(bytes, offset, offset, seed);
    if (trailer !== undefined) found.push(trailer);
  }
  return found;
}
