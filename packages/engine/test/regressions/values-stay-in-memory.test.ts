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

test('fifty thousand entries take a few bytes each, and their values none', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'htkv-memory-'));
  try {
    const memoryBudget = 1024 * 1024;
    const engine = SingleNodeEngine.openSync({ dataDir, memoryBudget, workerThreads: 0 });
    const value = new Uint8Array(136);
    engine.putSync('first', value);
    const before = heldBytes();
    for (let index = 0; index < COUNT; index += 1) engine.putSync(`key ${index}`, value);
    const { indexBytes, residentBytes, logBytes, size } = engine.stats();
    expect(size).toBe(COUNT + 1);
    expect(logBytes).toBeGreaterThan(8 * memoryBudget);
    expect(residentBytes).toBeLessThanOrEqual(memoryBudget);
    expect(indexBytes / COUNT).toBeLessThan(48);
    expect((heldBytes() - before) / COUNT).toBeLessThan(20);
    engine.closeSync();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
