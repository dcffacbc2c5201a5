/**
 * Proves how lines are cut into words, what is offered to complete them, and that a shell in a pipe runs line by line and
 * ends at the first that fails. The conversation with a person is shown with the real binary.
 */
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { completeLine } from '../src/shell/complete-line.ts';
import { quoteWord, splitWords } from '../src/shell/split-words.ts';
import { runCommand } from './captured-io.ts';
import { freshDirectory, storeOf } from './fresh-directory.ts';

test.for<[line: string, words: string[]]>([
  ['', []],
  ['  get   key ', ['get', 'key']],
  [`put 'two words' "and \\"these\\""`, ['put', 'two words', 'and "these"']],
  [`a'b'"c"d ''`, ['abcd', '']],
  ['with\\ blank back\\\\slash', ['with blank', 'back\\slash']],
  [`"keeps \\n and $x"`, ['keeps \\n and $x']],
  ['get a#b # the rest', ['get', 'a#b']],
])('%j is cut into %j', ([line, words]) => {
  expect(splitWords(line)).toEqual(words);
});

test.for([`'open`, `"open`, `a "b' c`])('%s is refused', (line) => {
  expect(() => splitWords(line)).toThrow('expected the quote to be closed');
});

test.for(['plain', 'two words', `it's`, '', '#', 'a\\b', '"'])('%j quoted is one word again', (word) => {
  expect(splitWords(`get ${quoteWord(word)}`)).toEqual(['get', word]);
});

const TREE = {
  name: 'htkvctl',
  description: '',
  options: [],
  commands: [
    {
      name: 'get',
      description: '',
      options: [{ long: '--hex', short: undefined, description: '', takesValue: false }],
      commands: [],
    },
    {
      name: 'user',
      description: '',
      options: [],
      commands: [{ name: 'add', description: '', options: [], commands: [] }],
    },
  ],
};

test.for<[line: string, offered: string[], word: string]>([
  ['', ['get', 'user'], ''],
  ['g', ['get'], 'g'],
  ['user ', ['add'], ''],
  ['get --h', ['--hex'], '--h'],
  ['get us', ["'us er'", 'user:1'], 'us'],
  ['get --hex us', ["'us er'", 'user:1'], 'us'],
  ['get user:1 us', [], 'us'],
  ['xyz', [], 'xyz'],
])('%j may be completed by %j', async ([line, offered, word]) => {
  const found = await completeLine(line, TREE, (prefix) =>
    Promise.resolve([`${prefix} er`, `${prefix}er:1`]),
  );
  expect(found).toEqual([offered, word]);
});

test('lines in a pipe are run one by one on one store', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const lines = 'put a 1\n# a comment\n\nput "b c" 2\nli';
  const completed = await runCommand(['shell', dataDir], { stdin: [lines, 'st\nget a'] });
  expect(completed).toMatchObject({ code: 0, stdout: 'a\t1\nb c\t2\n1', stderr: '' });
});

test('the first line that fails ends them, with its exit code', async () => {
  const dataDir = await storeOf([['a', '1']]);
  const shell = (stdin: string): ReturnType<typeof runCommand> =>
    runCommand(['shell', '-d', dataDir], { stdin: [stdin] });
  expect(await shell('get a\nget b\nput a 2\n')).toMatchObject({
    code: 3,
    stdout: '1',
    stderr: 'error: there is no such key (CLI_KEY_NOT_FOUND)\n',
  });
  expect(await shell('get a\nexit\nget b\n')).toMatchObject({ code: 0, stdout: '1' });
  expect(await shell("get 'a\n")).toMatchObject({ code: 2, stdout: '' });
  expect(await shell('shell\n')).toMatchObject({ code: 2, stdout: '' });
});

test('the switches of the shell are those of its lines', async () => {
  const dataDir = await storeOf([['a', '1']]);
  const shell = (...switches: string[]): ReturnType<typeof runCommand> =>
    runCommand(['shell', '-d', dataDir, ...switches], {
      stdin: ['scan --limit 1\nsegments --table\n'],
      env: { FORCE_COLOR: '1' },
    });
  await runCommand(['put', '-d', dataDir, 'b', '2']);
  expect(await shell()).toMatchObject({ code: 0, stderr: 'more: --cursor kYQ\n' });
  expect((await shell()).stdout).toContain('\u001b[');
  const plain = await shell('--quiet', '--no-color');
  expect(plain).toMatchObject({ code: 0, stderr: '' });
  expect(plain.stdout).not.toContain('\u001b[');
});
