/**
 * Proves that the comparison is right for equal, different and empty byte strings, and for views of larger memory.
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalConstantTime } from '../src/index.ts';
import { SEED } from './read-vectors.ts';

test('it agrees with a comparison byte by byte', () => {
  const bytes = fc.uint8Array({ maxLength: 4, max: 2 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalConstantTime(a, b)).toBe(a.join() === b.join());
      const around = Uint8Array.of(9, ...a, 9);
      expect(equalConstantTime(around.subarray(1, 1 + a.length), a)).toBe(true);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
