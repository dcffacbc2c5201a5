/**
 * The errors of reading a snapshot: these bytes are none, or one of a format that this version does not know.
 */

import { CodedError } from '@htkv/base';

/**
 * The error for bytes that are not what the format asks for at `offset`, counted from the start of the snapshot.
 * Neither text contains anything of a key or a value.
 */
export function malformedSnapshot(
  offset: number,
  expected: string,
  found: string,
): CodedError<'STATE_MALFORMED_SNAPSHOT'> {
  const message = `expected ${expected} at offset ${offset} of a snapshot, found ${found}`;
  return new CodedError('STATE_MALFORMED_SNAPSHOT', message, { details: { offset, expected, found } });
}

/** The error for a header that is whole and asks for more than this version can do. */
export function unsupportedSnapshot(
  formatVersion: number,
  features: number,
): CodedError<'STATE_SNAPSHOT_UNSUPPORTED'> {
  const message = `expected a snapshot of format 1 without features, found format ${formatVersion}, features 0x${features.toString(16)}`;
  return new CodedError('STATE_SNAPSHOT_UNSUPPORTED', message, { details: { formatVersion, features } });
}
