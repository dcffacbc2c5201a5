/**
 * How long opening takes: a store that was closed, and one whose process died. The pages of its files are in the
 * system's cache, so this is the cost of checking and indexing, not of the disk.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';

import { median } from './median.ts';
import { KeyWalk, WRITE_STEP } from './workload.ts';

const VALUE_BYTES = 100;

export interface Opening {
  /** Milliseconds until the store can be used. */
  readonly afterCloseMs: number;
  readonly afterCrashMs: number;
}

/** Median times for a store of `keys` entries with values of 100 bytes, made below `directory`. */
export async function measureOpening(directory: string, keys: number, rounds: number): Promise<Opening> {
  const closed = join(directory, 'closed');
  const crashed = join(directory, 'crashed');
  const engine = await SingleNodeEngine.open({ dataDir: closed });
  const walk = new KeyWalk(keys, WRITE_STEP);
  const value = new Uint8Array(VALUE_BYTES).fill(7);
  for (let index = 0; index < keys; index += 1) engine.putSync(walk.next(), value);
  await engine.flush();
  // What lies there now is what the death of the process would leave.
  copyStore(closed, crashed);
  await engine.close();

  const afterClose: number[] = [];
  const afterCrash: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const copy = join(directory, `round-${round}`);
    copyStore(crashed, copy);
    afterClose.push(timeOpening(closed, keys));
    afterCrash.push(timeOpening(copy, keys));
    rmSync(copy, { recursive: true });
  }
  return { afterCloseMs: median(afterClose), afterCrashMs: median(afterCrash) };
}

function copyStore(source: string, target: string): void {
  mkdirSync(target);
  cpSync(source, target, { recursive: true, filter: (path) => !basename(path).startsWith('LOCK') });
}

function timeOpening(dataDir: string, keys: number): number {
  const start = performance.now();
  const engine = SingleNodeEngine.openSync({ dataDir, createIfMissing: false });
  const elapsedMs = performance.now() - start;
  if (engine.size !== keys) throw new Error(`expected ${keys} keys after opening, got ${engine.size}`);
  engine.closeSync();
  return elapsedMs;
}
