/**
 * Where a value comes from: the command line itself, standard input or a file. Everything is read before a store is
 * opened, so that nobody waits for a lock while a person types, and a value that cannot be read changes nothing.
 */
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';

import { VALUE_BYTES_MAX } from '@htkv/engine';

import { decodeText, DigitDecoder, type ByteEncoding } from './byte-encoding.ts';
import { inputFailure, usage } from './failure.ts';
import type { InputStream } from './io.ts';

export interface ValueForm {
  readonly encoding: ByteEncoding;
  /** The argument is the value, also if it is `-` or begins with `@`. */
  readonly isLiteral: boolean;
}

/**
 * The value that the argument stands for: `-` is all of `stdin`, `@FILE` the content of a file, anything else the
 * argument itself, each in the encoding. Throws `CLI_USAGE` or `CLI_INPUT`. Owned by the caller.
 */
export async function readValue(argument: string, form: ValueForm, stdin: InputStream): Promise<Uint8Array> {
  if (!form.isLiteral && argument === '-') {
    return collect(stdin, form.encoding, 'cannot read the value from standard input');
  }
  if (!form.isLiteral && argument.startsWith('@')) {
    const path = argument.slice(1);
    if (path === '') throw usage('expected the name of a file after @');
    const failure = 'cannot read the file named after @; --literal takes VALUE as it stands';
    return collect(createReadStream(path), form.encoding, failure);
  }
  return decodeText(argument, form.encoding, 'VALUE');
}

async function collect(stream: InputStream, encoding: ByteEncoding, failure: string): Promise<Uint8Array> {
  const decoder = encoding === 'utf8' ? undefined : new DigitDecoder(encoding, 'VALUE');
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of readable(stream, failure)) {
    const piece = decoder === undefined ? chunk : decoder.push(latin1(chunk));
    bytes += piece.length;
    if (bytes > VALUE_BYTES_MAX)
      throw usage(`expected a value of at most ${VALUE_BYTES_MAX} bytes, got more`);
    pieces.push(piece);
  }
  decoder?.end();
  return Buffer.concat(pieces, bytes);
}

/** The chunks of `stream`; what goes wrong there is told apart from what is wrong with the chunks. */
async function* readable(stream: InputStream, failure: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    throw inputFailure(failure, error);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
