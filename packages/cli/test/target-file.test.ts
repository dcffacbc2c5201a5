/**
 * Proves that a file which is told to be on disk has its name there, too: its directory is synced behind it.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';

import { expect, test, vi } from 'vitest';

import { runCommand } from './captured-io.ts';
import { freshDirectory, storeOf } from './fresh-directory.ts';

vi.mock('node:fs', { spy: true });

test('an export syncs its file, then the directory of it', async () => {
  const dataDir = await storeOf([['a', '1']]);
  const directory = freshDirectory();
  const file = join(directory, 'entries.jsonl');
  const opened = vi.mocked(fs.openSync).mock;
  const synced: unknown[] = [];
  vi.mocked(fs.fsyncSync).mockImplementation((descriptor) => {
    synced.push(opened.calls[opened.results.findLastIndex(({ value }) => value === descriptor)]?.[0]);
  });
  expect(await runCommand(['export', '-d', dataDir, '-o', file])).toMatchObject({ code: 0 });
  expect(synced).toEqual([file, directory]);
});
