/**
 * Proves that keys as strings are one to one with keys and sort like them, for random keys and for the longest.
 */

import { compareBytes } from '@htkv/base';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { KEY_BYTES_MAX } from '../src/command.ts';
import { keyText } from '../src/key-text.ts';
import { SEED } from './arbitraries.ts';

test('texts compare as the keys do', () => {
  const key = fc.uint8Array({ maxLength: 4 });
  fc.assert(
    fc.property(key, key, (left, right) => {
      const [leftText, rightText] = [keyText(left), keyText(right)];
      const comparison = leftText < rightText ? -1 : Number(leftText > rightText);
      expect(comparison).toBe(Math.sign(compareBytes(left, right)));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test('every byte of the longest key is in its text', () => {
  const key = Uint8Array.from({ length: KEY_BYTES_MAX }, (_, index) => (index * 31) % 256);
  const text = keyText(key);
  expect(text).toHaveLength(KEY_BYTES_MAX);
  expect(Uint8Array.from(text, (character) => character.charCodeAt(0))).toEqual(key);
});
