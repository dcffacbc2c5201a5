/**
 * Proves that printed bytes are one harmless line and can be read back, on chosen examples and on arbitrary bytes.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { printable, withoutControls } from '../src/printable.ts';

/** The bytes that printed text stands for, by the rules of its page. */
function readBack(text: string): Buffer {
  const named: Record<string, string> = { '\\\\': '5c', '\\t': '09', '\\n': '0a', '\\r': '0d' };
  const pieces = text.match(/\\x[0-9a-f]{2}|\\[\\tnr]|[^\\]+/g) ?? [];
  expect(pieces.join('')).toBe(text);
  return Buffer.concat(
    pieces.map((piece) => {
      if (piece.startsWith('\\x')) return Buffer.from(piece.slice(2), 'hex');
      return piece.startsWith('\\') ? Buffer.from(named[piece]!, 'hex') : Buffer.from(piece);
    }),
  );
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
);

test('text stays text', () => {
  for (const text of ['', 'user:1', 'Zoë', '漢字', '🐎', '👩‍🚀', 'it\'s "quoted"']) {
    expect(printable(new TextEncoder().encode(text))).toBe(text);
  }
});

test('what a terminal obeys, what breaks a line and what turns its direction is written out', () => {
  const shown = (text: string): string => printable(new TextEncoder().encode(text));
  expect(shown('\0\u001b\u007f')).toBe('\\x00\\x1b\\x7f');
  expect(shown('\u0085\u2028\u202e')).toBe('\\xc2\\x85\\xe2\\x80\\xa8\\xe2\\x80\\xae');
  expect(printable(Uint8Array.of(0xc3))).toBe('\\xc3');
});

test('whatever the bytes are, they are one harmless line and can be read back', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = printable(bytes);
      expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(readBack(text)).toEqual(Buffer.from(bytes));
    }),
    { seed: 20_260_401, numRuns: 500 },
  );
});

test('in a message backslashes stay as they are', () => {
  expect(withoutControls('C:\\store\nnext')).toBe('C:\\store\\nnext');
});
