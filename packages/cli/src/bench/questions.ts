/**
 * What the quick benchmark asks: first what the disk itself gives, written as the store writes but without it, then the
 * store, at each promise it makes. Keys and values come from a generator with a fixed start, so runs are alike.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { SingleNodeEngine } from '@htkv/engine';

import type { Question } from './measure.ts';

export interface Workload {
  readonly keys: number;
  readonly valueBytes: number;
}

/** Writes in flight at a time, for the question about group commit. */
const IN_FLIGHT = 64;
const BLOCK_BYTES = 4096;

/** The limit that the disk sets: a block appended and synced, again and again. `close` when it is measured. */
export function rawDisk(directory: string): Question & { readonly close: () => void } {
  const descriptor = openSync(join(directory, 'raw'), 'wx', 0o600);
  const block = new Uint8Array(BLOCK_BYTES).fill(0x5a);
  return {
    name: 'disk: write 4 KiB + fdatasync',
    step: () => {
      writeSync(descriptor, block);
      fdatasyncSync(descriptor);
      return 1;
    },
    close: () => closeSync(descriptor),
  };
}

/** The questions about the store, in an order in which each finds what it needs. */
export function storeQuestions(engine: SingleNodeEngine, { keys, valueBytes }: Workload): Question[] {
  const value = randomBytes(valueBytes);
  const next = generator(1);
  const written: string[] = [];
  const newKey = (): string => {
    const key = `key:${String(next() % keys).padStart(10, '0')}`;
    if (written.length < keys) written.push(key);
    return key;
  };
  const knownKey = (): string => written[next() % written.length] ?? '';
  return [
    {
      name: 'put, one awaited at a time (disk)',
      step: async () => {
        await engine.put(newKey(), value);
        return 1;
      },
    },
    {
      name: `put, ${IN_FLIGHT} in flight (disk)`,
      step: async () => {
        await Promise.all(Array.from({ length: IN_FLIGHT }, () => engine.put(newKey(), value)));
        return IN_FLIGHT;
      },
    },
    {
      name: 'putSync (memory, on disk soon)',
      step: () => {
        engine.putSync(newKey(), value);
        return 1;
      },
    },
    {
      name: 'get, random, key is there',
      step: () => {
        engine.get(knownKey());
        return 1;
      },
    },
    {
      name: 'scan of 100 entries',
      step: () => engine.entries({ gte: knownKey(), limit: 100 }).toArray().length,
    },
  ];
}

function randomBytes(count: number): Uint8Array {
  const next = generator(7);
  return Uint8Array.from({ length: count }, () => next() & 0xff);
}

/** Whole numbers of 32 bits that look random (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
