/**
 * Proves what a person at a terminal meets: a table by default, passwords that are asked for and not shown, a question
 * before something is deleted, a shell with history and completion, and Ctrl-C that ends what watches.
 */
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';
import { Terminal } from '../terminal.ts';

/** Processes come up slowly on a machine that is busy with other tests. */
const LONG = { timeout: 300_000 };

const KEY = { HTKV_MASTER_KEY: 'ab'.repeat(32) };
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const UP = '\u001b[A';

test(
  'a password is asked for twice and never shown; deleting asks, and no is the answer unless given',
  LONG,
  async () => {
    const dataDir = join(freshDirectory(), 'kv-data');
    const add = new Terminal(['user', 'add', '-d', dataDir, 'alice'], KEY);
    await add.shows(/the password/);
    add.type('hush hush 1\r');
    await add.shows(/once more/);
    add.type('hush hush 1\r');
    expect(await add.exitCode()).toBe(0);
    expect(add.screen).toMatch(/^usr-[0-9a-f]{16}$/m);
    expect(add.screen).not.toContain('hush');
    const passwd = await runBinary(['user', 'passwd', '-d', dataDir, 'alice'], {
      env: KEY,
      stdin: 'hush hush 1\nanother one\n',
    });
    expect(passwd).toMatchObject({ code: 0, stdout: '' });

    const keep = new Terminal(['user', 'delete', '-d', dataDir, 'alice'], KEY);
    await keep.shows(/Delete this user with all API keys\?[^]*Yes[^]*No/);
    keep.type('\r');
    expect(await keep.exitCode()).toBe(1);
    expect(keep.screen).toMatch(/error: not confirmed; nothing was done \(CLI_DECLINED\)/);
    const remove = new Terminal(['user', 'delete', '-d', dataDir, 'alice'], KEY);
    await remove.shows(/Delete this user with all API keys\?[^]*Yes[^]*No/);
    remove.type('y');
    expect(await remove.exitCode()).toBe(0);
    expect(await runBinary(['list-users', dataDir])).toMatchObject({ stdout: 'no users found\n' });
  },
);

test('the shell has commands, completion, history, and an end', LONG, async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  await runBinary(['put', '-d', dataDir, 'greeting', 'hello']);
  const shell = new Terminal(['shell', dataDir]);
  await shell.shows(/htkv> $/);
  shell.type('get gr\t');
  await shell.shows(/get greeting/);
  shell.type('\r');
  await shell.shows(/hello[^]*htkv> $/);
  shell.type('half a line');
  await shell.shows(/half a line/);
  shell.type(CTRL_C);
  await shell.shows(/htkv> $/);
  shell.type('nonsense\r');
  await shell.shows(/unknown command 'nonsense'[^]*htkv> $/);
  shell.type(`${UP}${UP}`);
  await shell.shows(/get greeting$/);
  shell.type('\r');
  await shell.shows(/hello[^]*htkv> $/);
  shell.type(CTRL_D);
  expect(await shell.exitCode()).toBe(0);
});

test('lines that are pasted into the shell together are all run', LONG, async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  const shell = new Terminal(['shell', dataDir]);
  await shell.shows(/htkv> $/);
  shell.type('put a first\rput b second\rget a\rget ');
  await shell.shows(/first[^]*htkv> get $/);
  shell.type('b\r');
  await shell.shows(/second[^]*htkv> $/);
  shell.type(CTRL_D);
  expect(await shell.exitCode()).toBe(0);
});

test('a table by default, and figures that are watched until Ctrl-C', LONG, async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  await runBinary(['put', '-d', dataDir, 'greeting', 'hello']);
  const segments = new Terminal(['segments', dataDir]);
  expect(await segments.exitCode()).toBe(0);
  expect(segments.screen).toMatch(/│ +1 │ active │ +1 │ +0 │ +\d+ │/);

  const watch = new Terminal(['stats', '--watch', '--interval', '10', dataDir]);
  await watch.shows(/keys +1[^]*writes a second +0/);
  expect(await runBinary(['put', '-d', dataDir, 'more', 'of it'])).toMatchObject({ code: 0 });
  await watch.shows(/keys +2/);
  watch.type(CTRL_C);
  expect(await watch.exitCode()).toBe(130);
});
