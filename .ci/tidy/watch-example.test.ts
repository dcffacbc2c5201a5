/** Proves that the example of following a store does what it says: the copy is the store, whatever it has missed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { root } from './repository.ts';

test('the copy is kept up to date, goes on after a restart, and begins again where it missed too much', () => {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-watch-'));
  try {
    const program = join(root, 'examples/watch.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, directory], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').slice(0, -2)).toEqual([
      'Began with 1 entries',
      'Following: price:lamp 25, price:chair 80, price:table 200',
      'Caught up with 1 changes',
      'Compaction has removed what was missed',
      'Began with 2 entries',
      'In the end: price:lamp 20, price:table 200',
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
