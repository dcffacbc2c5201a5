/**
 * Bytes as text that is safe to print: one line whatever is inside, nothing that a terminal obeys, and reversible.
 * Text stays as it is, except that a backslash is doubled, a tab, a line feed and a carriage return become `\t`, `\n`
 * and `\r`, and every other byte that is no visible text becomes `\x` and two hexadecimal digits.
 */
import { isUtf8 } from 'node:buffer';

const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const UNSAFE_OR_BACKSLASH = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** `bytes` as printable text. Where they are not UTF-8 as a whole, only those of ASCII are taken for text. */
export function printable(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return decoder.decode(bytes).replaceAll(UNSAFE_OR_BACKSLASH, escaped);
  let text = '';
  for (const byte of bytes) {
    const character = byte < 0x80 ? String.fromCharCode(byte) : hexEscape(byte);
    text += byte < 0x80 ? character.replaceAll(UNSAFE_OR_BACKSLASH, escaped) : character;
  }
  return text;
}

/** `text` on one line, for messages: backslashes stay, so that paths stay readable. */
export function withoutControls(text: string): string {
  return text.replaceAll(UNSAFE, escaped);
}

function escaped(character: string): string {
  return NAMED[character] ?? Array.from(encoder.encode(character), hexEscape).join('');
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
