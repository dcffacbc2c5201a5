/**
 * Proves that `watch` works beside another process that has the store open for writing. Apart from its other tests, because
 * this one starts a process, which a test with many stores in its memory leaves no room for.
 */
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { freshDirectory } from '../fresh-directory.ts';
import { holdStore } from '../store-holder.ts';

test('it prints what the other process has written', async () => {
  const dataDir = join(freshDirectory(), 'store');
  await holdStore(dataDir, 20);
  const { code, stdout } = await runCommand([
    'watch',
    '-d',
    dataDir,
    '--since',
    '0',
    '--limit',
    '20',
    '--interval',
    '5',
  ]);
  expect(code).toBe(0);
  expect(stdout.split('\n').length).toBe(21);
  expect(stdout.startsWith('1\tset\tkey:0\tvalue:0\n2\t')).toBe(true);
});
