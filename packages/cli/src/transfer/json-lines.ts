/** Entries as lines of JSON: what `list --json` prints with version and times, and what any program can write. */
import { Buffer } from 'node:buffer';

import { malformedInput } from '../failure.ts';
import { jsonEntry } from '../json-entry.ts';
import { entryFrom, type PlacedEntry, type TransferEntry } from './transfer-entry.ts';

const LINE_FEED = 0x0a;

export function encodeJsonLine(entry: TransferEntry): string {
  const { key, value, version, timestamp, expiresAt } = entry;
  return `${JSON.stringify({ ...jsonEntry(key, value, 'utf8'), version, timestamp, expiresAt })}\n`;
}

/**
 * The entries of a file. A line of blanks means nothing; with `isCut` neither does a last line without its end. Throws
 * `CLI_INPUT`.
 */
export async function* readJsonLines(
  chunks: AsyncIterable<Uint8Array>,
  isCut: boolean,
): AsyncGenerator<PlacedEntry, void, undefined> {
  let line = 1;
  let end = 0;
  for await (const bytes of linesOf(chunks)) {
    if (isCut && bytes.at(-1) !== LINE_FEED) return;
    end += bytes.length;
    const entry = entryOfLine(bytes, `line ${line}`);
    line += 1;
    if (entry !== undefined) yield { entry, end };
  }
}

function entryOfLine(bytes: Uint8Array, place: string): TransferEntry | undefined {
  let text: string;
  let decoded: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') return undefined;
    decoded = JSON.parse(text);
  } catch {
    // The message of the parser would show what stands there.
    throw malformedInput(place, 'a line of JSON in UTF-8');
  }
  return entryFrom(decoded, place);
}

/** The lines with their line feeds; the last one may lack it. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const piece = chunk.subarray(start, end + 1);
      yield pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]);
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}
