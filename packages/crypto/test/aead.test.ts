/**
 * Proves that both algorithms give the published results, and that each notices every kind of change: vectors as data,
 * and for each of them the negative cases that `aead-negative.json` describes.
 */

import { expect, test } from 'vitest';
import type { Aead } from '../src/aead.ts';
import { aesGcm } from '../src/aes-gcm.ts';
import { xchacha20Poly1305 } from '../src/xchacha20-poly1305.ts';
import { fromHex, readVectors } from './read-vectors.ts';

type Part = 'key' | 'nonce' | 'associatedData' | 'ciphertext' | 'tag';

interface Vector extends Record<Part | 'plaintext' | 'name', string> {}

interface NegativeCase {
  readonly name: string;
  readonly part: Part;
  /** The number of a bit to turn over, negative from the end. */
  readonly flip?: number;
  /** Bytes to append. */
  readonly append?: string;
  /** What stands there instead; `x` repeats it to the length there was. */
  readonly replace?: string;
}

const negatives = (readVectors('aead-negative') as { cases: NegativeCase[] }).cases;

const each = [aesGcm, xchacha20Poly1305].flatMap((aead) =>
  (readVectors(aead.name) as { vectors: Vector[] }).vectors.map(
    (vector) => [`${aead.name} ${vector.name}`, aead, vector] as const,
  ),
);

function seal(aead: Aead, { key, nonce, plaintext, associatedData }: Vector): Uint8Array {
  return aead.seal(fromHex(key), fromHex(nonce), fromHex(plaintext), fromHex(associatedData));
}

function open(aead: Aead, { key, nonce, ciphertext, tag, associatedData }: Vector): Uint8Array | undefined {
  return aead.open(fromHex(key), fromHex(nonce), fromHex(ciphertext + tag), fromHex(associatedData));
}

/** The part after the change; `undefined` where the change changes nothing, as a bit of an empty part. */
function change(text: string, { flip, append, replace }: NegativeCase): string | undefined {
  if (append !== undefined) return text + append;
  if (replace !== undefined) {
    const replaced = replace.repeat(text.length / replace.length);
    return replaced === text ? undefined : replaced;
  }
  const bytes = fromHex(text);
  const bit = flip! < 0 ? bytes.length * 8 + flip! : flip!;
  if (bit < 0 || bit >= bytes.length * 8) return undefined;
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return Buffer.from(bytes).toString('hex');
}

test.for(each)('%s is sealed and opened as published', ([, aead, vector]) => {
  expect(Buffer.from(seal(aead, vector)).toString('hex')).toBe(vector.ciphertext + vector.tag);
  expect(Buffer.from(open(aead, vector)!).toString('hex')).toBe(vector.plaintext);
});

test.for(each)('%s is not opened after any change', ([, aead, vector]) => {
  let changes = 0;
  for (const negative of negatives) {
    const changed = change(vector[negative.part], negative);
    if (changed === undefined) continue;
    changes += 1;
    expect(open(aead, { ...vector, [negative.part]: changed }), negative.name).toBeUndefined();
  }
  expect(changes).toBeGreaterThan(15);
});

test('what comes back is memory of its own', () => {
  for (const [, aead, vector] of each) {
    const plaintext = open(aead, vector)!;
    expect(plaintext.constructor).toBe(Uint8Array);
    expect(plaintext.buffer.byteLength).toBe(plaintext.byteLength);
  }
});
