/**
 * Proves that the README of the package tells the truth: its example runs, and its list of exit codes is that of the
 * code and of the help.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from './captured-io.ts';
import { freshDirectory } from './fresh-directory.ts';
import { ExitCode } from '../src/exit-codes.ts';

const packageDirectory = join(import.meta.dirname, '..');
const readme = readFileSync(join(packageDirectory, 'README.md'), 'utf8');

test('the exit codes of the page are those of the code', () => {
  const listed = Array.from(readme.matchAll(/^\| (\d+) \| `(\w+)` \|/gm), ([, number, name]) => [
    name,
    Number(number),
  ]);
  expect(Object.fromEntries(listed)).toEqual(ExitCode);
});

test('the exit codes of the help are those of the code', async () => {
  const { stdout } = await runCommand(['--help']);
  const listed = Array.from(stdout.matchAll(/^ {2}(\d+) {2}/gm), ([, number]) => Number(number));
  expect(listed).toEqual(Object.values(ExitCode));
});

test('the page of the tool names every command and every exit code', async () => {
  const page = readFileSync(join(packageDirectory, '../../docs/htkvctl.md'), 'utf8');
  const { stdout } = await runCommand(['--help']);
  const list = stdout.slice(stdout.indexOf('\nCommands:\n'), stdout.indexOf('\nKeys and values'));
  const commands = Array.from(list.matchAll(/^ {2}([a-z-]+) /gm), ([, name]) => name);
  expect(commands).toContain('completion');
  const table = page.slice(page.indexOf('| to | commands |'), page.indexOf('## What holds'));
  const named = Array.from(table.matchAll(/`([a-z-]+)`/g), ([, name]) => name);
  expect(new Set(named)).toEqual(new Set(commands.filter((name) => name !== 'help')));
  const codes = Array.from(page.matchAll(/^\| (\d+) \|/gm), ([, number]) => Number(number));
  expect(codes).toEqual(Object.values(ExitCode));
});

test('the example of the page runs and prints what it says', () => {
  const example = /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? '';
  const dataDir = join(freshDirectory(), 'kv-data');
  const program = example.replaceAll("'./kv-data'", JSON.stringify(dataDir));
  // Inside the package its own name leads to it.
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: packageDirectory,
    encoding: 'utf8',
  });
  expect(printed).toBe('greeting\thello\ntrue\n');
});
