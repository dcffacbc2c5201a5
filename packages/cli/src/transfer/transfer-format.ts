/** The two forms that entries have in a file, and which of them a name means. */
import { Option } from 'commander';

import type { PlacedEntry, TransferEntry } from './transfer-entry.ts';

export type TransferFormat = 'jsonl' | 'cbor';

export interface EntryCodec {
  /** Borrowed by whoever writes it. */
  readonly encode: (entry: TransferEntry) => Uint8Array | string;
  /** With `isCut`, an end that is not whole is passed over: whoever wrote the file was cut short. */
  readonly read: (
    chunks: AsyncIterable<Uint8Array>,
    isCut: boolean,
  ) => AsyncGenerator<PlacedEntry, void, undefined>;
}

export function formatOption(): Option {
  const words = 'JSON lines or CBOR; as the name of the file ends, else jsonl';
  return new Option('-f, --format <format>', words).choices(['jsonl', 'cbor']);
}

/** What was asked for, else what the name of the file says. */
export function formatFor(asked: TransferFormat | undefined, path: string | undefined): TransferFormat {
  if (asked !== undefined) return asked;
  return path !== undefined && path.endsWith('.cbor') ? 'cbor' : 'jsonl';
}

/** The code of a form is loaded only when it is used. */
export async function codecOf(format: TransferFormat): Promise<EntryCodec> {
  if (format === 'cbor') {
    const { encodeCborEntry, readCborSequence } = await import('./cbor-sequence.ts');
    return { encode: encodeCborEntry, read: readCborSequence };
  }
  const { encodeJsonLine, readJsonLines } = await import('./json-lines.ts');
  return { encode: encodeJsonLine, read: readJsonLines };
}
