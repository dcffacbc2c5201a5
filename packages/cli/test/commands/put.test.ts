/**
 * Proves what `put` stores, by running it in this process and reading the store with the engine: values from the
 * command line, from standard input and from files, in each encoding, and that a wrong one leaves nothing behind.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { KEY_BYTES_MAX, SingleNodeEngine, VALUE_BYTES_MAX } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand, type Surroundings } from '../captured-io.ts';
import { freshDirectory } from '../fresh-directory.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

async function stored(dataDir: string): Promise<[key: Buffer, value: Buffer][]> {
  const engine = await SingleNodeEngine.open({ dataDir, readOnly: true });
  const entries = engine.getPrefix('').map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const);
  await engine.close();
  return entries.map(([key, value]) => [key, value]);
}

async function put(words: readonly string[], surroundings: Surroundings = {}): Promise<Buffer | undefined> {
  const dataDir = freshDirectory();
  const completed = await runCommand(['put', '-d', dataDir, ...words], surroundings);
  expect(completed).toMatchObject({ code: 0, stdout: '', stderr: '' });
  return (await stored(dataDir))[0]?.[1];
}

test('a key is set to a value, in a store that is created for it', async () => {
  const dataDir = join(freshDirectory(), 'not', 'there');
  mkdirSync(join(dataDir, '..'));
  expect(await runCommand(['put', '--data-dir', dataDir, 'käse', 'brie'])).toMatchObject({
    code: 0,
    stdout: '',
  });
  expect(await stored(dataDir)).toEqual([[Buffer.from('käse'), Buffer.from('brie')]]);
});

test('the last value stays', async () => {
  const dataDir = freshDirectory();
  for (const value of ['one', 'two']) await runCommand(['put', '-d', dataDir, 'key', value]);
  expect(await stored(dataDir)).toEqual([[Buffer.from('key'), Buffer.from('two')]]);
});

test('an empty key and an empty value are a key and a value', async () => {
  const dataDir = freshDirectory();
  expect(await runCommand(['put', '-d', dataDir, '', ''])).toMatchObject({ code: 0 });
  expect(await stored(dataDir)).toEqual([[Buffer.alloc(0), Buffer.alloc(0)]]);
});

test('a key and a value that begin with a dash come after --', async () => {
  const dataDir = freshDirectory();
  expect(await runCommand(['put', '-d', dataDir, '--', '-key', '--value'])).toMatchObject({ code: 0 });
  expect(await stored(dataDir)).toEqual([[Buffer.from('-key'), Buffer.from('--value')]]);
});

test('the outcome is told as JSON, and to a person in words that are no data', async () => {
  const dataDir = freshDirectory();
  expect(await runCommand(['put', '-d', dataDir, 'key', 'value', '--json'])).toMatchObject({
    code: 0,
    stdout: '{"outcome":"applied"}\n',
    stderr: '',
  });
  expect(await runCommand(['put', '-d', dataDir, 'key', 'value'], { isTerminal: true })).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'on disk\n',
  });
});

test('a dash stands for all of standard input, to the last byte', async () => {
  expect(await put(['key', '-'], { stdin: [ALL_BYTES, 'line\n'] })).toEqual(
    Buffer.concat([ALL_BYTES, Buffer.from('line\n')]),
  );
  expect(await put(['key', '-'], { stdin: [] })).toEqual(Buffer.alloc(0));
});

test('an at sign and a name stand for the content of a file', async () => {
  const file = join(freshDirectory(), 'a file');
  writeFileSync(file, ALL_BYTES);
  expect(await put(['key', `@${file}`])).toEqual(Buffer.from(ALL_BYTES));
});

test('with --literal a value is nothing but what was typed', async () => {
  for (const value of ['-', '@', '@/etc/hostname']) {
    expect(await put(['--literal', 'key', value])).toEqual(Buffer.from(value));
  }
});

test.for(['hex', 'base64'] as const)('with --%s every byte can be given', async (encoding) => {
  const digits = Buffer.from(ALL_BYTES).toString(encoding);
  const dataDir = freshDirectory();
  expect(await runCommand(['put', '-d', dataDir, `--${encoding}`, digits, digits])).toMatchObject({
    code: 0,
  });
  expect(await stored(dataDir)).toEqual([[Buffer.from(ALL_BYTES), Buffer.from(ALL_BYTES)]]);
});

test('digits come through a pipe in whatever pieces and lines', async () => {
  const key = '6b';
  expect(await put(['--hex', key, '-'], { stdin: ['0', '00', '1\n', 'fF', 'fe\n'] })).toEqual(
    Buffer.from([0, 1, 255, 254]),
  );
  expect(await put(['--base64', 'aw==', '-'], { stdin: ['AA', 'H//g', '=\n=', '\n'] })).toEqual(
    Buffer.from([0, 1, 255, 254]),
  );
});

const WRONG: readonly { words: readonly string[]; stdin?: readonly string[]; line: RegExp }[] = [
  { words: ['--hex', 'abc', '00'], line: /expected KEY as hexadecimal digits in pairs/ },
  { words: ['--hex', '00', 'zz'], line: /expected VALUE as hexadecimal digits in pairs/ },
  { words: ['--hex', '00', '-'], stdin: ['abc'], line: /expected VALUE as hexadecimal digits/ },
  { words: ['--base64', 'a', 'AAAA'], line: /expected KEY as base64 digits with their padding/ },
  { words: ['--base64', 'AAAA', 'AA==AAAA'], line: /expected VALUE as base64/ },
  { words: ['--base64', 'AAAA', '-'], stdin: ['AA==', 'AAAA'], line: /expected VALUE as base64/ },
  { words: ['--base64', 'AAAA', 'AA-_'], line: /expected VALUE as base64/ },
  { words: ['broken \uFFFD', 'value'], line: /expected KEY as UTF-8/ },
  { words: ['key', 'broken \uFFFD'], line: /expected VALUE as UTF-8/ },
  { words: ['key', '@'], line: /expected the name of a file after @/ },
  { words: ['k'.repeat(KEY_BYTES_MAX + 1), 'value'], line: /expected KEY of at most 65535 bytes, got 65536/ },
];

test.for(WRONG)(
  'what is wrong is refused before anything is created: $line',
  async ({ words, stdin, line }) => {
    const dataDir = join(freshDirectory(), 'store');
    const completed = await runCommand(
      ['put', '-d', dataDir, ...words],
      stdin === undefined ? {} : { stdin },
    );
    expect(completed).toMatchObject({ code: 2, stdout: '' });
    expect(completed.stderr).toMatch(line);
    expect(completed.stderr).toMatch(/^error: .* \(CLI_USAGE\)\n$/);
    expect(existsSync(dataDir)).toBe(false);
  },
);

test('the longest key is stored', async () => {
  const dataDir = freshDirectory();
  const key = 'k'.repeat(KEY_BYTES_MAX);
  expect(await runCommand(['put', '-d', dataDir, key, 'value'])).toMatchObject({ code: 0 });
  expect((await stored(dataDir))[0]?.[0]).toHaveLength(KEY_BYTES_MAX);
});

test('a value without end is refused at the longest length, not read for ever', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const chunk = new Uint8Array(16 * 1024 * 1024);
  let chunks = 0;
  const endless: Iterable<Uint8Array> = {
    *[Symbol.iterator]() {
      for (;;) {
        chunks += 1;
        yield chunk;
      }
    },
  };
  const completed = await runCommand(['put', '-d', dataDir, 'key', '-'], {
    stdin: endless as readonly Uint8Array[],
  });
  expect(completed).toMatchObject({ code: 2 });
  expect(completed.stderr).toMatch(/expected a value of at most 268435456 bytes, got more \(CLI_USAGE\)/);
  expect(chunks).toBe(VALUE_BYTES_MAX / chunk.length + 1);
  expect(existsSync(dataDir)).toBe(false);
});

test('a file that cannot be read is a failure that names no file, since the name may be a value', async () => {
  const parent = freshDirectory();
  const dataDir = join(parent, 'store');
  for (const [value, reason] of [
    ['@nowhere/secret', 'ENOENT'],
    [`@${parent}`, 'EISDIR'],
  ] as const) {
    const completed = await runCommand(['put', '-d', dataDir, 'key', value]);
    expect(completed).toMatchObject({ code: 1, stdout: '' });
    expect(completed.stderr).toMatch(/^error: cannot read the file named after @; .* \(CLI_INPUT\)\n$/);
    expect(completed.stderr).toContain(`(${reason})`);
    expect(completed.stderr).not.toContain(value.slice(1));
  }
  expect(readdirSync(parent)).toEqual([]);
});

test('standard input that breaks off stores nothing', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const completed = await runCommand(['put', '-d', dataDir, 'key', '-']);
  expect(completed).toMatchObject({ code: 1, stdout: '' });
  expect(completed.stderr).toMatch(/^error: cannot read the value from standard input .*\(CLI_INPUT\)\n$/);
  expect(existsSync(dataDir)).toBe(false);
});
