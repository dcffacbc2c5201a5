/** One record of the log in words and as JSON, with the place where it lies. */
import type { PlacedRecord } from '@htkv/engine';

import type { ByteEncoding } from './byte-encoding.ts';
import { jsonEntry } from './json-entry.ts';
import { readableTime } from './plain-table.ts';
import { printable } from './printable.ts';

const TYPES = { 1: 'set', 2: 'delete' } as const;
/** Characters of a key or value that fit a line. */
const SHOWN_MAX = 60;

/** What `--json` promises of a record: members may be added, none changes or goes. */
export function recordAsJson(segmentId: number, record: PlacedRecord, encoding: ByteEncoding): object {
  const { offset, bytes, head, key, value, pointer, isSound } = record;
  const { type, version, sequence, timestamp, expiresAt, valueBytes } = head;
  return {
    segment: segmentId,
    offset,
    bytes,
    type: TYPES[type],
    ...jsonEntry(key, value, encoding),
    version,
    sequence,
    timestamp,
    expiresAt,
    valueBytes,
    valueFile: pointer?.valueId,
    isSound,
  };
}

/** A line of `inspect segment --records`, in columns that are apart by tabs. */
export function recordLine({ offset, bytes, head, key, isSound }: PlacedRecord): string {
  const { type, version, sequence } = head;
  const mark = isSound ? 'sound' : 'DAMAGED';
  return [offset, bytes, TYPES[type], sequence, version, mark, printable(key)].join('\t');
}

/** Everything about a record, as names with what they are. */
export function recordFacts(segmentId: number, record: PlacedRecord): [name: string, value: string][] {
  const { offset, bytes, head, key, value, pointer, isSound } = record;
  const { type, version, sequence, timestamp, expiresAt, previous, valueBytes } = head;
  return [
    ['place', `segment ${segmentId}, byte ${offset}, ${bytes} bytes`],
    ['type', TYPES[type]],
    ['checksum', isSound ? 'matches' : 'DOES NOT MATCH'],
    ['key', shortened(printable(key))],
    ...(value === undefined ? [] : [['value', shortened(printable(value))] as [string, string]]),
    ...(pointer === undefined ? [] : [['value in file', `value ${pointer.valueId}`] as [string, string]]),
    ['value bytes', String(valueBytes)],
    ['version', String(version)],
    ['sequence', String(sequence)],
    ['time', readableTime(timestamp)],
    ...(expiresAt === undefined ? [] : [['expires', readableTime(expiresAt)] as [string, string]]),
    ['replaces', previous === 0 ? 'nothing' : `the record at address ${previous}`],
  ];
}

function shortened(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}... (${text.length} characters)`;
}
