/**
 * Proves that damage is never mistaken for data: in stores that ended in every way, each byte of each file gets a
 * flipped bit (every bit in headers and manifests), each file is cut at each byte, each sector is zeroed, garbage is
 * appended. Opening then refuses with the file and the place, leaving all as it was; or shows exactly what was written;
 * or, above the last proof of a store that was not closed, a shorter prefix of it. Never a wrong value, never another
 * kind of error, never more memory than the file is long.
 */
import { describe, expect, test } from 'vitest';

import { damageFixtures } from './damage-fixtures.ts';
import { DamageTrial } from './every-bit.ts';

const effort = { everyBit: false, valueStride: 1000 };

/** Where the end of the log is known, nothing is taken for a torn write. */
function requireNothingDropped(trial: DamageTrial): void {
  for (const row of Object.values(trial.table)) expect(row).not.toHaveProperty('shorter');
}

describe.for(damageFixtures())('a store that was $name', (fixture) => {
  const isClosed = fixture.proven === fixture.history.sequence;

  test('survives or reports a flipped bit anywhere', () => {
    const trial = new DamageTrial(fixture);
    for (const file of trial.files) trial.flipBits(file, effort);
    expect(trial.table['flipped bit of manifest']?.refused).toBeGreaterThan(500);
    expect(trial.table['flipped bit of value']).not.toHaveProperty('harmless');
    expect(trial.table['flipped bit of value']).not.toHaveProperty('shorter');
    if (isClosed) requireNothingDropped(trial);
    // Of a sealed segment every byte counts, its footer too; of one that was cut, what lies behind its end does not.
    expect(trial.table['flipped bit of segment-1']).toEqual({ refused: expect.any(Number) });
    expect(trial.table['flipped bit of segment-2']?.harmless).toBeGreaterThan(0);
    if (isClosed) expect(trial.table['flipped bit of segment-3']).toEqual({ refused: expect.any(Number) });
  });

  test('survives or reports a cut at any byte', () => {
    const trial = new DamageTrial(fixture);
    for (const file of trial.files) trial.cut(file, effort);
    expect(trial.table['cut of value']).not.toHaveProperty('harmless');
    if (isClosed) requireNothingDropped(trial);
  });

  test('survives or reports zeroed sectors and appended garbage', () => {
    const trial = new DamageTrial(fixture);
    for (const file of trial.files) {
      trial.zeroSectors(file);
      trial.extend(file);
    }
    expect(trial.table['zeroed sector of value']).not.toHaveProperty('harmless');
    if (isClosed) requireNothingDropped(trial);
  });
});
