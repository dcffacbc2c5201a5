/**
 * Every bit and every byte of every file, where the default run picks one bit of most bytes and a few bytes of values.
 */
import { describe, expect, test } from 'vitest';

import { damageFixtures } from './damage-fixtures.ts';
import { DamageTrial } from './every-bit.ts';

const effort = { everyBit: true, valueStride: 1 };

describe.for(damageFixtures())('a store that was $name', (fixture) => {
  test('survives or reports a flip of any bit and a cut at any byte', { timeout: 3_600_000 }, () => {
    const trial = new DamageTrial(fixture);
    for (const file of trial.files) {
      trial.flipBits(file, effort);
      trial.cut(file, effort);
    }
    expect(trial.table['flipped bit of value']?.unreadable).toBeGreaterThan(100_000);
  });
});
