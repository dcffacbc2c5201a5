/**
 * Measures that an unknown name takes as long as a wrong password: 5,000 pairs in random order on a real engine with
 * the real hasher, compared by Welch's t over the middle of the distribution (|t| below 4.5, as is usual for timing
 * leaks) and by medians (within 2 %). Minutes long, and of use on a quiet machine only, so not in the default run.
 */

import { SingleNodeEngine } from '@htkv/engine';
import { createArgon2AesGcmAuth } from '@htkv/auth';
import { expect, test } from 'vitest';

import { freshDirectory } from './fresh-directory.ts';
import { masterKey } from './trial-auth.ts';

const PAIRS = 5_000;
/** Both kinds are cut at the same time, which garbage collection and other programs exceed. */
const KEPT = 0.95;
const SEED = 20_261_120;

test('an unknown name and a wrong password take the same time', { timeout: 1_800_000 }, async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const auth = createArgon2AesGcmAuth(engine, masterKey(7), { throttle: { freeAttempts: 1_000_000 } });
  await auth.createUserWithMetadata('captain', 'right', 'x'.repeat(200));
  const random = seededBits(SEED);
  const timesOf = { captain: [] as number[], nobody: [] as number[] };
  const measure = async (name: 'captain' | 'nobody'): Promise<void> => {
    const start = performance.now();
    expect(await auth.verifyPassword(name, 'wrong')).toBe(false);
    timesOf[name].push(performance.now() - start);
  };
  for (let warmUp = 0; warmUp < 50; warmUp += 1) {
    await measure('captain');
    await measure('nobody');
  }
  timesOf.captain.length = 0;
  timesOf.nobody.length = 0;
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const [first, second] = random() ? (['captain', 'nobody'] as const) : (['nobody', 'captain'] as const);
    await measure(first);
    await measure(second);
  }
  const all = [...timesOf.captain, ...timesOf.nobody].toSorted((left, right) => left - right);
  const limit = all[Math.floor(all.length * KEPT)]!;
  const known = timesOf.captain.filter((time) => time <= limit);
  const unknown = timesOf.nobody.filter((time) => time <= limit);
  const t = welch(known, unknown);
  const [medianKnown, medianUnknown] = [median(timesOf.captain), median(timesOf.nobody)];
  const difference = (medianUnknown - medianKnown) / medianKnown;
  process.stdout.write(
    `${PAIRS} pairs: t = ${t.toFixed(2)}; medians ${medianKnown.toFixed(3)} ms (wrong password) and ` +
      `${medianUnknown.toFixed(3)} ms (unknown name), ${(difference * 100).toFixed(2)} %\n`,
  );
  expect(Math.abs(t)).toBeLessThan(4.5);
  expect(Math.abs(difference)).toBeLessThan(0.02);
});

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}

function welch(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [moments(left), moments(right)];
  return (a.mean - b.mean) / Math.sqrt(a.variance / left.length + b.variance / right.length);
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}

/** Xorshift: a coin that falls the same way in every run. */
function seededBits(seed: number): () => boolean {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 1) === 1;
  };
}
