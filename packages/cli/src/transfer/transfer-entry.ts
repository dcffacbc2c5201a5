/**
 * Entries on their way out of a store or into one, whatever form they have in a file. What comes from a file is looked
 * at here once, member by member, before anything is done with it.
 */
import { Buffer } from 'node:buffer';

import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '@htkv/engine';

import { decodeText, type ByteEncoding } from '../byte-encoding.ts';
import { malformedInput } from '../failure.ts';

export interface TransferEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number | undefined;
  /** Milliseconds since the epoch from which on the entry is gone. */
  readonly expiresAt?: number | undefined;
}

/** An entry that was read, and how far its file is whole by then. */
export interface PlacedEntry {
  readonly entry: TransferEntry;
  /** Offset in bytes at which this entry, or a later one that is whole too, ends. */
  readonly end: number;
}

const ENCODINGS: ReadonlySet<unknown> = new Set(['utf8', 'hex', 'base64']);

/** The entry that a decoded object means. `place` says in the error where it stands. Throws `CLI_INPUT`. */
export function entryFrom(decoded: unknown, place: string): TransferEntry {
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) {
    throw malformedInput(place, 'an object with key and value');
  }
  const members: Readonly<Record<string, unknown>> = { ...decoded };
  const encoding = members['encoding'] ?? 'utf8';
  if (!ENCODINGS.has(encoding)) throw malformedInput(place, "encoding to be 'utf8', 'hex' or 'base64'");
  const key = bytesOf(members['key'], encoding as ByteEncoding, 'key', place);
  const value = bytesOf(members['value'], encoding as ByteEncoding, 'value', place);
  if (key.length > KEY_BYTES_MAX) throw malformedInput(place, `a key of at most ${KEY_BYTES_MAX} bytes`);
  if (value.length > VALUE_BYTES_MAX) {
    throw malformedInput(place, `a value of at most ${VALUE_BYTES_MAX} bytes`);
  }
  return {
    key,
    value,
    version: optionalCount(members['version'], 'version', place, 1),
    timestamp: optionalCount(members['timestamp'], 'timestamp', place),
    expiresAt: optionalCount(members['expiresAt'], 'expiresAt', place),
  };
}

function bytesOf(member: unknown, encoding: ByteEncoding, name: string, place: string): Uint8Array {
  if (member instanceof Uint8Array) return member;
  if (typeof member !== 'string') throw malformedInput(place, `${name} to be there`);
  // Text in a file is UTF-8 already, so U+FFFD is a character like any other.
  if (encoding === 'utf8') {
    // An escape in JSON can be half of a surrogate pair, of which UTF-8 would make the same bytes as of any other half.
    if (!member.isWellFormed()) throw malformedInput(place, `${name} as well-formed text`);
    return Buffer.from(member, 'utf8');
  }
  try {
    return decodeText(member, encoding, name);
  } catch {
    throw malformedInput(place, `${name} as ${encoding} digits`);
  }
}

function optionalCount(member: unknown, name: string, place: string, least = 0): number | undefined {
  if (member === undefined || member === null) return undefined;
  if (typeof member === 'number' && Number.isSafeInteger(member) && member >= least) return member;
  throw malformedInput(place, `${name} to be a whole number${least === 0 ? '' : ` from ${least}`}`);
}
