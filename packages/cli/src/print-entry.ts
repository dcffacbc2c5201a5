/** Entries as lines: key, tab, value for people and for `cut`; one object of JSON a line for programs. */
import { encodeBytes, type ByteEncoding } from './byte-encoding.ts';
import { jsonEntry } from './json-entry.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

export type PrintEntry = (
  stdout: Output,
  encoding: ByteEncoding,
  key: Uint8Array,
  value: Uint8Array | undefined,
) => Promise<void>;

export const printJson: PrintEntry = async (stdout, encoding, key, value) => {
  await stdout.writeJson(jsonEntry(key, value, encoding));
};

export const printLine: PrintEntry = async (stdout, encoding, key, value) => {
  await printBytes(stdout, encoding, key);
  if (value !== undefined) {
    await stdout.write('\t');
    await printBytes(stdout, encoding, value);
  }
  await stdout.write('\n');
};

/** Bytes as text that is safe to print, or as digits. */
export async function printBytes(stdout: Output, encoding: ByteEncoding, bytes: Uint8Array): Promise<void> {
  if (encoding === 'utf8') await stdout.write(printable(bytes));
  else for (const piece of encodeBytes(bytes, encoding)) await stdout.write(piece);
}
