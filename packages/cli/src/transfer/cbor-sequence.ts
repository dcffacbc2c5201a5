/**
 * Entries as a sequence of CBOR maps (RFC 8742): binary, about as long as the entries themselves. The library decodes
 * what is whole; how much has to be there before it is worth trying again is decided here, so that a large value
 * that comes in small chunks is not looked at again for each of them.
 */
import { Buffer } from 'node:buffer';

import { Decoder, Encoder } from 'cbor-x';
import { VALUE_BYTES_MAX } from '@htkv/engine';

import { malformedInput } from '../failure.ts';
import { entryFrom, type PlacedEntry, type TransferEntry } from './transfer-entry.ts';

/** Plain maps and byte strings, which any CBOR tool reads. */
const FORM = { useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false } as const;
/** No entry is longer: key, value and the words around them. */
const ENTRY_BYTES_MAX = VALUE_BYTES_MAX + 256 * 1024;

const encoder = new Encoder(FORM);
const decoder = new Decoder(FORM);

/** Owned by the caller. */
export function encodeCborEntry({ key, value, version, timestamp, expiresAt }: TransferEntry): Uint8Array {
  const map = { key: Buffer.from(key), value: Buffer.from(value), version, timestamp, expiresAt };
  const present = Object.fromEntries(Object.entries(map).filter(([, member]) => member !== undefined));
  return new Uint8Array(encoder.encode(present));
}

/** The entries of a file; with `isCut` a last one that is not whole means nothing. Throws `CLI_INPUT`. */
export async function* readCborSequence(
  chunks: AsyncIterable<Uint8Array>,
  isCut: boolean,
): AsyncGenerator<PlacedEntry, void, undefined> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let worthTrying = 1;
  let start = 0;
  let index = 1;
  for await (const chunk of chunks) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes < worthTrying) continue;
    const pending = Buffer.concat(pieces, bytes);
    const { values, used } = decodeWhole(pending, start);
    for (const decoded of values) {
      yield { entry: entryFrom(decoded, `entry ${index}`), end: start + used };
      index += 1;
    }
    start += used;
    const rest = pending.subarray(used);
    pieces = rest.length === 0 ? [] : [rest];
    bytes = rest.length;
    worthTrying = bytes * 2;
    if (bytes > ENTRY_BYTES_MAX) throw malformedInput(`byte ${start}`, 'an entry of CBOR');
  }
  if (bytes === 0) return;
  const { values, used } = decodeWhole(Buffer.concat(pieces, bytes), start);
  for (const decoded of values) {
    yield { entry: entryFrom(decoded, `entry ${index}`), end: start + used };
    index += 1;
  }
  if (used < bytes && !isCut) throw malformedInput(`byte ${start + used}`, 'a whole entry of CBOR');
}

/** What of `bytes` is whole, and how many bytes that is. */
function decodeWhole(
  bytes: Uint8Array,
  start: number,
): { readonly values: readonly unknown[]; readonly used: number } {
  try {
    return { values: decoder.decodeMultiple(bytes) ?? [], used: bytes.length };
  } catch (error) {
    const { values, lastPosition, isIncomplete } = partlyDecoded(error);
    if (isIncomplete) return { values, used: lastPosition };
    throw malformedInput(`byte ${start + lastPosition}`, 'an entry of CBOR');
  }
}

/** What the library says of a sequence that it could not decode to its end. */
function partlyDecoded(error: unknown): {
  readonly values: readonly unknown[];
  readonly lastPosition: number;
  readonly isIncomplete: boolean;
} {
  const said: Readonly<Record<string, unknown>> = typeof error === 'object' ? { ...error } : {};
  const { values, lastPosition, incomplete } = said;
  return {
    values: Array.isArray(values) ? values : [],
    lastPosition: typeof lastPosition === 'number' ? lastPosition : 0,
    isIncomplete: incomplete === true,
  };
}
