/**
 * Proves what the short tests of the decoders prove, with more inputs and seeds.
 */

import { test } from 'vitest';
import { SEED } from '../read-vectors.ts';
import { checkAnyBytes, checkChangedEnvelopes, encryptors } from './envelope-properties.ts';
import { checkAnyString, checkChangedHashes, checkPieces } from './hash-string-properties.ts';

test.for(Array.from({ length: 10 }, (_, index) => SEED + 1 + index))('with the seed %i', (seed) => {
  checkAnyString(seed, 5000);
  checkPieces(seed, 30_000);
  checkChangedHashes(seed, 50_000);
  for (const encryptor of encryptors) {
    checkAnyBytes(encryptor, seed, 10_000);
    checkChangedEnvelopes(encryptor, seed, 20_000);
  }
});
