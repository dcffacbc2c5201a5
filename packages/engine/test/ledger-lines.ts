/** What each thread of the crash ledger's program does: writes from many sides at once, and says what is done. */

import { writeSync } from 'node:fs';
import type { SingleNodeEngine } from '@htkv/engine';

import { ledgerValue, nextCounter } from './ledger-value.ts';

const STDOUT = 1;

/** Prints lines. Straight to the pipe, from whichever thread, for what is told to another thread is late. */
export function acknowledge(...lines: readonly string[]): void {
  writeSync(STDOUT, lines.map((line) => `${line}\n`).join(''));
}

/** Writes keys whose names begin with `name`, for ever. */
export async function writeAll(engine: SingleNodeEngine, name: string): Promise<void> {
  const writers = Array.from({ length: 8 }, (_, index) => writePairs(engine, `${name}pair ${index}`));
  for (let index = 0; index < 8; index += 1) {
    writers.push(writeAlone(engine, `${name}disk ${index}`, 'disk', index * 100));
    writers.push(writeAlone(engine, `${name}os ${index}`, 'os', 50));
  }
  writers.push(writeAlone(engine, `${name}file`, 'disk', 100_000));
  await Promise.all(writers);
}

async function writePairs(engine: SingleNodeEngine, name: string): Promise<never> {
  for (let counter = nextCounter(engine.get(`${name} left`)); ; counter += 1) {
    const value = ledgerValue(counter, (counter * 37) % 700);
    await engine.submitBatch([
      { type: 'set', key: `${name} left`, value },
      { type: 'set', key: `${name} right`, value },
    ]);
    acknowledge(`${name} left ${counter}`, `${name} right ${counter}`);
  }
}

async function writeAlone(
  engine: SingleNodeEngine,
  key: string,
  durability: 'os' | 'disk',
  bytes: number,
): Promise<never> {
  for (let counter = nextCounter(engine.get(key)); ; counter += 1) {
    await engine.put(key, ledgerValue(counter, bytes), { durability });
    acknowledge(`${key} ${counter}`);
  }
}
