/** Proves that a store stays where it was opened when the process goes on to work in another directory. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SingleNodeEngine } from '@htkv/engine';
import { afterEach, beforeEach, expect, test } from 'vitest';

const before = process.cwd();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'htkv-working-'));
  mkdirSync(join(directory, 'one'));
  mkdirSync(join(directory, 'two'));
});

afterEach(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

test.for([0, 1])('a relative path is that of the opening, with %d worker threads', async (workerThreads) => {
  process.chdir(join(directory, 'one'));
  const engine = SingleNodeEngine.openSync({ dataDir: 'kv', maxSegmentSize: 4096, workerThreads });
  engine.putSync('first', '1', { durability: 'disk' });
  process.chdir(join(directory, 'two'));
  const value = new Uint8Array(1000);
  for (let index = 0; index < 20; index += 1) await engine.put(`key ${index}`, value);
  await engine.close();
  expect(readdirSync(join(directory, 'two'))).toEqual([]);
  const again = SingleNodeEngine.openSync({ dataDir: join(directory, 'one', 'kv'), workerThreads: 0 });
  expect(again.size).toBe(21);
  await again.close();
});
