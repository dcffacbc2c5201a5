/**
 * Proves that a command which is interrupted comes to an end where nothing is half done: exit code 130, no part of a
 * new store or file, and what was there before as it was. Here Ctrl-C comes at the first moment; the real binary gets it
 * in the middle in the scenarios of the app.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from './captured-io.ts';
import { contents } from './damaged-store.ts';
import { freshDirectory, storeOf } from './fresh-directory.ts';

const INTERRUPTED = 'error: interrupted; nothing is half done (CLI_INTERRUPTED)\n';

test.for<{ words: string[]; leaves: string[] }>([
  { words: ['export', '-d', 'STORE', '-o', 'NEW/file'], leaves: ['file'] },
  { words: ['backup', '-d', 'STORE', 'NEW/file'], leaves: [] },
  { words: ['restore', 'BACKUP', 'NEW/store'], leaves: [] },
  { words: ['salvage', 'STORE', 'NEW/store'], leaves: [] },
  { words: ['bench', '--milliseconds', '1', 'NEW'], leaves: [] },
  { words: ['check', 'STORE'], leaves: [] },
  { words: ['compact', 'STORE'], leaves: [] },
  { words: ['checkpoint', 'STORE'], leaves: [] },
  { words: ['stats', '--watch', 'STORE'], leaves: [] },
  { words: ['watch', '-d', 'STORE'], leaves: [] },
])('$words.0', async ({ words, leaves }) => {
  const store = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  const fresh = freshDirectory();
  const backup = join(freshDirectory(), 'backup');
  await runCommand(['backup', '-d', store, backup]);
  const before = contents(store);
  const places: Record<string, string> = { STORE: store, NEW: fresh, BACKUP: backup };
  const argv = words.map((word) => word.replace(/^(STORE|NEW|BACKUP)/, (name) => places[name] ?? name));
  const { code, stderr } = await runCommand(argv, { isInterrupted: true });
  expect(code).toBe(130);
  expect(stderr.endsWith(INTERRUPTED)).toBe(true);
  expect(readdirSync(fresh)).toEqual(leaves);
  expect(contents(store)).toEqual(before);
});

test('an import puts nothing, and its store is closed in good order', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const stdin = ['{"key":"a","value":"1"}\n'];
  const { code } = await runCommand(['import', '-d', dataDir], { stdin, isInterrupted: true });
  expect(code).toBe(130);
  expect(await runCommand(['stats', '--json', dataDir])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/"keys":0.*"isClean":true/) as unknown,
  });
});

test('an import that goes on and is interrupted at once keeps its place', async () => {
  const directory = freshDirectory();
  const state = join(directory, 'state');
  const noted = 'htkvctl import: 2 entries are on disk\n';
  writeFileSync(state, noted);
  const stdin = ['a', 'b', 'c'].map((key) => `{"key":"${key}","value":"1"}\n`);
  const words = ['import', '-d', join(directory, 'store'), '--resume', state];
  expect(await runCommand(words, { stdin, isInterrupted: true })).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/^2 entries of the file are on disk: go on with --skip 2\n/) as unknown,
  });
  expect(readFileSync(state, 'utf8')).toBe(noted);
});
