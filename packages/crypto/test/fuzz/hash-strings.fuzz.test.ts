/**
 * Proves that no string gets past the decoders of hashes that is not exactly a hash, and that none makes them fail in
 * another way: random strings, strings of pieces, and hashes with pieces changed.
 */

import { expect, test } from 'vitest';
import { SEED } from '../read-vectors.ts';
import {
  checkAnyString,
  checkChangedHashes,
  checkPieces,
  decodeAll,
  hashes,
} from './hash-string-properties.ts';

test('the hashes that are changed are taken as they are', () => {
  expect(hashes.map((each) => decodeAll(each))).toEqual([2, 2, 2, 1]);
});

test('any string', () => checkAnyString(SEED, 600));

test('strings of pieces', () => checkPieces(SEED, 3000));

test('hashes with pieces changed', () => {
  expect(checkChangedHashes(SEED, 4000)).toBeGreaterThan(100);
});
