/**
 * Proves how the command line is read: version and help on standard output, each wrong word one line on standard
 * error with exit code 2, and where the directory may be named.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runCommand } from './captured-io.ts';
import { freshDirectory, storeOf } from './fresh-directory.ts';

/** Commands that work on the store of a directory that is named by an option. */
const STORE_COMMANDS = [
  'put',
  'get',
  'delete',
  'has',
  'list',
  'scan',
  'keys',
  'count',
  'import',
  'export',
  'bench',
  'stats',
  'segments',
  'space',
  'compact',
  'checkpoint',
  'check',
  'backup',
  'unlock',
  'list-users',
  'shell',
];
const OTHER_COMMANDS = ['inspect', 'salvage', 'restore', 'user', 'apikey', 'completion'];
const COMMANDS = [...STORE_COMMANDS, ...OTHER_COMMANDS];
/** As the program lists them. */
const NAMES =
  'put, get, delete, has, list, scan, keys, count, watch, import, export, bench, stats, segments, space, inspect, ' +
  'compact, checkpoint, check, salvage, backup, restore, upgrade, unlock, list-users, user, apikey, shell, completion';
const GROUPS = [
  ['inspect', 'manifest, segment, record, checkpoint, index'],
  ['user', 'list, add, passwd, delete'],
  ['apikey', 'create, list, rotate, revoke'],
] as const;

test('the version is the one that was handed in', async () => {
  for (const flag of ['--version', '-V']) {
    expect(await runCommand([flag])).toMatchObject({ code: 0, stdout: '1.2.3\n', stderr: '' });
  }
});

test('help names every command and every exit code', async () => {
  const { code, stdout, stderr } = await runCommand(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  for (const number of [0, 1, 2, 3, 4, 5, 130])
    expect(stdout).toMatch(new RegExp(`^ {2}${number} {2}\\w`, 'm'));
  expect(stdout).toContain('Example:\n  htkvctl put --data-dir ./kv-data greeting hello\n');
  for (const words of [['-h'], ['help']]) expect((await runCommand(words)).stdout).toBe(stdout);
});

test.for(COMMANDS)('help for %s has an example of it, and each option stands there', async (command) => {
  const { code, stdout } = await runCommand([command, '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Usage: htkvctl ${command} `));
  expect(stdout).toMatch(new RegExp(`\nExample:\n  htkvctl ${command} `));
  if (STORE_COMMANDS.includes(command)) expect(stdout).toContain('-d, --data-dir <dir>');
  expect((await runCommand(['help', command])).stdout).toBe(stdout);
});

test.for(GROUPS)('%s has commands of its own, each with an example', async ([group, names]) => {
  for (const name of names.split(', ')) {
    const { code, stdout } = await runCommand([group, name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`\nExample:\n  htkvctl ${group} ${name} `));
  }
  for (const words of [[group], [group, 'help', 'nothing']]) {
    const { code, stdout, stderr } = await runCommand(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`error: expected one of the commands ${names} (CLI_USAGE)\n`);
  }
});

test('headings of the help are bold on a terminal and nowhere else', async () => {
  const bold = await runCommand(['--help'], { isTerminal: true });
  expect(bold.stdout).toContain('\u001b[1mExit codes:\u001b[22m');
  expect((await runCommand(['--help'])).stdout).not.toContain('\u001b');
});

describe('a wrong command line is one line with exit code 2', () => {
  test.for<{ words: string[]; line: RegExp }>([
    { words: [], line: new RegExp(`expected a command: ${NAMES}; see htkvctl --help`) },
    { words: ['help', 'nothing'], line: new RegExp(`expected one of the commands ${NAMES} `) },
    { words: ['compress'], line: /unknown command 'compress'/ },
    { words: ['lst'], line: /unknown command 'lst' \(Did you mean list\?\)/ },
    { words: ['get'], line: /missing required argument 'key'/ },
    { words: ['put', 'key'], line: /missing required argument 'value'/ },
    { words: ['get', 'one', 'two'], line: /too many arguments/ },
    { words: ['segments', 'one', 'two'], line: /too many arguments/ },
    { words: ['list', '--verbose'], line: /unknown option '--verbose'/ },
    { words: ['list', '--limt', '3'], line: /unknown option '--limt' \(Did you mean --limit\?\)/ },
    { words: ['--verbose', 'list'], line: /unknown option '--verbose'/ },
    { words: ['list', '--prefix'], line: /option '-p, --prefix <prefix>' argument missing/ },
    { words: ['list', '--data-dir'], line: /option '-d, --data-dir <dir>' argument missing/ },
    { words: ['list', '--hex', '--base64'], line: /'--hex' cannot be used with option '--base64'/ },
    { words: ['segments', '--table', '--plain'], line: /'--table' cannot be used with option '--plain'/ },
    { words: ['segments', '--plain', '--json'], line: /'--plain' cannot be used with option '--json'/ },
    { words: ['get', 'key'], line: /expected a data directory: --data-dir DIR, or HTKV_DATA_DIR/ },
    { words: ['get', '-d', '', 'key'], line: /expected the path of a data directory/ },
    { words: ['get', '-d', 'a\0b', 'key'], line: /expected the path of a data directory/ },
    { words: ['-d', 'one', 'get', '-d', 'two', 'key'], line: /expected one data directory, got two/ },
  ])('$line', async ({ words, line }) => {
    const { code, stdout, stderr } = await runCommand(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^error: [^\n]+ \(CLI_USAGE\)\n$/);
  });

  test('and holds no word that may be a key or a value', async () => {
    for (const words of [
      ['put', 'hunter2', '-hunter2'],
      ['put', 'hunter2', '--=hunter2'],
      ['put', 'hunter2', 'hunter2', 'hunter2'],
      ['put', '--hex', 'hunter2', 'hunter2'],
      ['get', '--base64', 'hunter2!'],
    ]) {
      const { code, stderr } = await runCommand([...words, '-d', 'nowhere']);
      expect(code, words.join(' ')).toBe(2);
      expect(stderr).not.toContain('hunter');
    }
  });
});

describe('the directory', () => {
  test('is named behind the command, before it, or in the environment, in this order', async () => {
    const dataDir = await storeOf([['key', 'value']]);
    const missing = join(freshDirectory(), 'missing');
    const got = { code: 0, stdout: 'value' };
    const env = { HTKV_DATA_DIR: dataDir };
    expect(await runCommand(['get', '-d', dataDir, 'key'])).toMatchObject(got);
    expect(await runCommand(['get', 'key', '--data-dir', dataDir])).toMatchObject(got);
    expect(await runCommand(['get', `--data-dir=${dataDir}`, 'key'])).toMatchObject(got);
    expect(await runCommand(['-d', dataDir, 'get', 'key'])).toMatchObject(got);
    expect(await runCommand(['get', 'key'], { env })).toMatchObject(got);
    expect(
      await runCommand(['get', '-d', dataDir, 'key'], { env: { HTKV_DATA_DIR: missing } }),
    ).toMatchObject(got);
    expect(await runCommand(['get', '-d', missing, 'key'], { env })).toMatchObject({ code: 1 });
    expect(await runCommand(['get', 'key'], { env: { HTKV_DATA_DIR: '' } })).toMatchObject({ code: 2 });
  });

  test('is not touched by help', async () => {
    const dataDir = join(freshDirectory(), 'store');
    expect(await runCommand(['put', '-d', dataDir, 'key', 'value', '--help'])).toMatchObject({ code: 0 });
    expect(existsSync(dataDir)).toBe(false);
  });
});
