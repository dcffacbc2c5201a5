/**
 * A first look: this store beside lmdb, in one process, at the same durability. The contestants take turns, each
 * question several times, and the medians are printed with their ratio. Rates of different machines, or of one machine
 * at different times, do not compare; the ratios of one run do.
 *
 * `pnpm bench [KEYS] [ROUNDS]`, 100,000 keys and 5 rounds unless given.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Contestant } from './contestant.ts';
import { measureDisk } from './disk-limit.ts';
import { openHtkv } from './htkv-contestant.ts';
import { openLmdb } from './lmdb-contestant.ts';
import { describeMachine } from './machine.ts';
import { median } from './median.ts';
import { measureOpening } from './opening.ts';
import { QUESTIONS } from './questions.ts';
import { KEY_BYTES, VALUE_BYTES } from './workload.ts';

const [keys = 100_000, rounds = 5] = process.argv.slice(2).map(Number);
if (!Number.isSafeInteger(keys) || keys < 4096 || !Number.isSafeInteger(rounds) || rounds < 1) {
  throw new RangeError('expected a number of keys from 4096 and a number of rounds from 1');
}

const directory = mkdtempSync(join(tmpdir(), 'htkv-bench-'));
try {
  mkdirSync(join(directory, 'lmdb'));
  const contestants = [await openHtkv(join(directory, 'htkv')), openLmdb(join(directory, 'lmdb'))];
  describe(contestants);
  for (const { name, measure } of QUESTIONS) {
    const rates = new Map<Contestant, number[]>(contestants.map((contestant) => [contestant, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const contestant of contestants) {
        globalThis.gc?.();
        const rate = await measure(contestant, keys);
        // The first round warms up.
        if (round > 0) rates.get(contestant)!.push(rate);
      }
    }
    print(
      name,
      contestants.map((contestant) => median(rates.get(contestant)!)),
    );
  }
  console.log(
    `\n4 KiB written and synced, one after another: ${measureDisk(directory).toFixed(3)} ms, the disk's own limit`,
  );
  for (const contestant of contestants) await contestant.close();
  const { afterCloseMs, afterCrashMs } = await measureOpening(directory, keys, rounds);
  console.log(
    `htkv opens ${keys} entries of 100 bytes in ${afterCloseMs.toFixed(0)} ms after a close, ${afterCrashMs.toFixed(0)} ms after a crash`,
  );
} finally {
  rmSync(directory, { recursive: true });
}

function describe(contestants: readonly Contestant[]): void {
  console.log(describeMachine(directory));
  console.log(
    `${keys} keys of ${KEY_BYTES} bytes, values of ${VALUE_BYTES}; medians of ${rounds} rounds, in turn`,
  );
  for (const { name, terms } of contestants) console.log(`${name}: ${terms}`);
  console.log(
    `\n${'operations per second'.padEnd(34)}${contestants.map(({ name }) => name.padStart(12)).join('')}${'ratio'.padStart(9)}`,
  );
}

function print(name: string, rates: readonly number[]): void {
  const [ours = Number.NaN, theirs = Number.NaN] = rates;
  const columns = rates.map((rate) => Math.round(rate).toLocaleString('en').padStart(12)).join('');
  console.log(`${name.padEnd(34)}${columns}${(ours / theirs).toFixed(2).padStart(8)}x`);
}
