/**
 * Keys and values as they are written on a command line and in a pipe: text (`utf8`), hexadecimal digits or base64.
 * Decoding is strict, because a digit that is skipped silently is another key; blanks and line ends between digits
 * are allowed, because tools that print such digits break lines. Works in pieces, so the size does not matter.
 */
import { Buffer } from 'node:buffer';

import { usage } from './failure.ts';

export type ByteEncoding = 'utf8' | 'hex' | 'base64';

/** Digits that stand for a whole number of bytes. */
const GROUP_DIGITS = { hex: 2, base64: 4 } as const;
const DIGITS = { hex: /^[0-9a-fA-F]*$/, base64: /^[A-Za-z0-9+/]*={0,2}$/ } as const;
const EXPECTED = {
  hex: 'hexadecimal digits in pairs',
  base64: 'base64 digits with their padding',
} as const;

/** Bytes whose encoding is a whole number of groups, in either encoding. */
const PIECE_BYTES = 48 * 1024;

/**
 * The bytes that `text` stands for. `what` names it in the error, which is `CLI_USAGE`. A U+FFFD in text is refused:
 * that is what the platform makes of an argument that is not UTF-8, and the bytes that were meant are lost.
 */
export function decodeText(text: string, encoding: ByteEncoding, what: string): Uint8Array {
  if (encoding === 'utf8') {
    if (text.includes('\uFFFD'))
      throw usage(`expected ${what} as UTF-8; give other bytes with --hex or --base64`);
    return Buffer.from(text, 'utf8');
  }
  const decoder = new DigitDecoder(encoding, what);
  const bytes = decoder.push(text);
  decoder.end();
  return bytes;
}

/** `bytes` in the encoding, piece by piece. A piece of bytes is a view of the argument. */
export function* encodeBytes(
  bytes: Uint8Array,
  encoding: ByteEncoding,
): Generator<Uint8Array | string, void> {
  if (encoding === 'utf8') {
    yield bytes;
    return;
  }
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
    yield digitsOf(bytes.subarray(offset, offset + PIECE_BYTES), encoding);
  }
}

/** All of `bytes` as digits. */
export function digitsOf(bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}

/** Decodes digits that arrive in pieces cut anywhere. */
export class DigitDecoder {
  readonly #encoding: 'hex' | 'base64';
  readonly #what: string;
  /** Digits of a group that is not complete yet. */
  #carry = '';
  #isPadded = false;

  constructor(encoding: 'hex' | 'base64', what: string) {
    this.#encoding = encoding;
    this.#what = what;
  }

  /** The bytes that `text` completes; owned by the caller. Throws `CLI_USAGE`. */
  push(text: string): Uint8Array {
    const digits = this.#carry + text.replaceAll(/[ \t\r\n]/g, '');
    const whole = digits.length - (digits.length % GROUP_DIGITS[this.#encoding]);
    this.#carry = digits.slice(whole);
    if (whole === 0) return new Uint8Array(0);
    const groups = digits.slice(0, whole);
    if (this.#isPadded || !DIGITS[this.#encoding].test(groups)) throw this.#refusal();
    this.#isPadded = groups.endsWith('=');
    return Buffer.from(groups, this.#encoding);
  }

  /** Throws `CLI_USAGE` if a group is incomplete. */
  end(): void {
    if (this.#carry !== '') throw this.#refusal();
  }

  #refusal(): Error {
    return usage(`expected ${this.#what} as ${EXPECTED[this.#encoding]}`);
  }
}
