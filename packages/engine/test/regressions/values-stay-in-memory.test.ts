/**
 * In an earlier system everything that was in the store was in memory too, in objects: an entry of 152 bytes took more
 * than four thousand. Here an entry costs its cells of the index, and `memoryBudget` bounds what is kept of the log.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { heldBytes } from './memory-of-the-process.ts';

const COUNT = 50_000;

test('fifty thousand entries more take hardly a byte each of the heap, and their values none', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'htkv-memory-'));
  try {
    const memoryBudget = 1024 * 1024;
    const engine = SingleNodeEngine.openSync({ dataDir, memoryBudget, workerThreads: 0 });
    const value = new Uint8Array(136);
    const put = (name: string) => {
      for (let index = 0; index < COUNT; index += 1) engine.putSync(`${name} ${index}`, value);
    };
    // The compiled code of what a put calls is held too, once: nearly a megabyte.
    put('compiles');
    const before = heldBytes();
    put('key');
    const { indexBytes, residentBytes, logBytes, size } = engine.stats();
    expect(size).toBe(2 * COUNT);
    expect(logBytes).toBeGreaterThan(8 * memoryBudget);
    expect(residentBytes).toBeLessThanOrEqual(memoryBudget);
    expect(indexBytes / size).toBeLessThan(48);
    expect((heldBytes() - before) / COUNT).toBeLessThan(5);
    engine.closeSync();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
