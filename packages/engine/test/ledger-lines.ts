/** What each thread of the crash ledger's program does: writes from many sides at once, and says what is done. */

import { writeSync } from 'node:fs';
import type { SingleNodeEngine } from '@htkv/engine';

import { ledgerValue, nextCounter } from './ledger-value.ts';

const STDOUT = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Prints lines. Straight to the pipe, from whichever thread, for what is told to another thread is late. */
export function acknowledge(...lines: readonly string[]): void {
  const text = lines.map((line) => `${line}\n`).join('');
  for (;;) {
    try {
      // So few bytes go as a whole or not at all.
      writeSync(STDOUT, text);
      return;
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
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
