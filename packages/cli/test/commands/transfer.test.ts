/**
 * Proves that what export writes import takes, in both forms and to the last byte, with versions where asked; that a
 * wrong line is told by its number and nothing behind it is put; and that both can go on where they were cut.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { describe, expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

const ENTRIES = [
  ['text', 'Zoë\n"quoted"'],
  ['', 'under the empty key'],
  [Uint8Array.of(0, 255, 10), Uint8Array.of(1, 2, 0, 254)],
  ['empty', ''],
  // A replacement character that somebody stored is a character like any other.
  ['replacement', '\uFFFD'],
  ['large', 'x'.repeat(300_000)],
] as const;

async function imported(words: readonly string[], stdin?: string | Uint8Array): Promise<unknown> {
  const completed = await runCommand(
    ['import', '--json', ...words],
    stdin === undefined ? {} : { stdin: [stdin] },
  );
  expect(completed).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(completed.stdout);
}

describe.for(['jsonl', 'cbor'])('as %s', (format) => {
  test('a store goes into a file and out of it, to the last byte', async () => {
    const source = await storeOf(ENTRIES);
    const file = join(freshDirectory(), `entries.${format}`);
    const exported = await runCommand(['export', '-d', source, '-o', file]);
    expect(exported).toMatchObject({ code: 0, stdout: '', stderr: `6 entries in ${file}, on disk\n` });
    const target = join(freshDirectory(), 'target');
    expect(await imported(['-d', target, '--keep-versions', file])).toEqual({
      entries: 6,
      skipped: 0,
      stale: 0,
    });
    const shown = async (dataDir: string): Promise<string> =>
      (await runCommand(['export', '-d', dataDir, '-f', 'jsonl'])).stdout;
    expect(await shown(target)).toBe(await shown(source));
    // What is known already, or newer, stays.
    expect(await imported(['-d', target, '--keep-versions', file])).toEqual({
      entries: 6,
      skipped: 0,
      stale: 6,
    });
  });

  test('what standard output gives standard input takes, in chunks of any size', async () => {
    const source = await storeOf(ENTRIES);
    const { bytes } = await runCommand(['export', '-d', source, '--format', format]);
    const target = join(freshDirectory(), 'target');
    const pieces = Array.from({ length: 50 }, (_, index) => bytes.subarray(index * 7, index * 7 + 7));
    const stdin = [...pieces, bytes.subarray(350)];
    const completed = await runCommand(['import', '-d', target, '-f', format, '-'], { stdin });
    expect(completed).toMatchObject({ code: 0, stdout: '', stderr: '6 entries imported\n' });
    const list = async (dataDir: string): Promise<string> =>
      (await runCommand(['list', '-d', dataDir])).stdout;
    expect(await list(target)).toBe(await list(source));
  });

  test('an export goes on behind the last whole entry of its file', async () => {
    const source = await storeOf(ENTRIES);
    const file = join(freshDirectory(), `entries.${format}`);
    const whole = join(freshDirectory(), `whole.${format}`);
    await runCommand(['export', '-d', source, '-o', whole]);
    const { length } = readFileSync(whole);
    for (const cut of [length, length - 1, length - 20, 100, 3, 0]) {
      writeFileSync(file, readFileSync(whole));
      truncateSync(file, cut);
      expect(await runCommand(['export', '-d', source, '--resume', '-o', file])).toMatchObject({ code: 0 });
      expect(Buffer.compare(readFileSync(file), readFileSync(whole)), `cut at ${cut}`).toBe(0);
    }
    expect(await runCommand(['export', '-d', source, '-o', file])).toMatchObject({ code: 1, stdout: '' });
  });
});

test('what an export has come to is told as JSON, apart from the entries', async () => {
  const dataDir = await storeOf([['a', '1']]);
  const file = join(freshDirectory(), 'entries.cbor');
  expect(await runCommand(['export', '-d', dataDir, '--json', '-o', file])).toMatchObject({
    code: 0,
    stdout: '{"entries":1}\n',
    stderr: '',
  });
  const lines = await runCommand(['export', '-d', dataDir]);
  expect(await runCommand(['export', '-d', dataDir, '--json'])).toEqual(lines);
  expect(await runCommand(['export', '-d', dataDir, '--json', '-f', 'cbor'])).toMatchObject({ code: 2 });
});

test('an export has bounds', async () => {
  const source = await storeOf([
    ['a:1', 'x'],
    ['b:1', 'y'],
    ['b:2', 'z'],
  ]);
  const { stdout } = await runCommand(['export', '-d', source, '--prefix', 'b:', '--gt', 'b:1']);
  expect(JSON.parse(stdout)).toMatchObject({ key: 'b:2', value: 'z', encoding: 'utf8', version: 3 });
});

test('lines that people write are enough: key and value, text unless said otherwise', async () => {
  const target = join(freshDirectory(), 'target');
  const lines = ['{"key":"a","value":"1"}', '', '{"key":"62","value":"ff","encoding":"hex"}'];
  expect(await imported(['-d', target], lines.join('\n'))).toEqual({ entries: 2, skipped: 0, stale: 0 });
  expect((await runCommand(['list', '-d', target, '--hex'])).stdout).toBe('61\t31\n62\tff\n');
});

test('a deadline goes along', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir });
  const expiresAt = Date.now() + 3_600_000;
  await engine.put('soon', 'gone', { expiresAt });
  await engine.close();
  const target = join(freshDirectory(), 'target');
  const { bytes } = await runCommand(['export', '-d', dataDir, '-f', 'cbor']);
  await imported(['-d', target, '-f', 'cbor'], bytes);
  expect(JSON.parse((await runCommand(['get', '-d', target, 'soon', '--json'])).stdout)).toMatchObject({
    expiresAt,
  });
});

test.for<{ line: string; says: RegExp }>([
  { line: 'no json', says: /expected a line of JSON in UTF-8 at line 2/ },
  { line: '[1]', says: /expected an object with key and value at line 2/ },
  { line: '{"key":"a"}', says: /expected value to be there at line 2/ },
  { line: '{"key":1,"value":"x"}', says: /expected key to be there at line 2/ },
  { line: '{"key":"zz","value":"x","encoding":"hex"}', says: /expected key as hex digits at line 2/ },
  { line: '{"key":"a","value":"x","encoding":"rot13"}', says: /expected encoding to be/ },
  {
    line: String.raw`{"key":"\ud800","value":"x"}`,
    says: /expected key as well-formed text at line 2/,
  },
  {
    line: String.raw`{"key":"a","value":"\udc00"}`,
    says: /expected value as well-formed text at line 2/,
  },
  {
    line: '{"key":"a","value":"x","version":0}',
    says: /expected version to be a whole number from 1 at line 2/,
  },
  {
    line: '{"key":"a","value":"x","expiresAt":-1}',
    says: /expected expiresAt to be a whole number at line 2/,
  },
])('$line is told by its place, and what came before it is in', async ({ line, says }) => {
  const target = join(freshDirectory(), 'target');
  const stdin = [`{"key":"first","value":"1"}\n${line}\n{"key":"third","value":"3"}\n`];
  const { code, stdout, stderr } = await runCommand(['import', '-d', target], { stdin });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(/ \(CLI_INPUT\)\n$/);
  expect((await runCommand(['has', '-d', target, 'third'])).code).toBe(3);
});

test.for<{ bytes: number[]; says: RegExp }>([
  { bytes: [0x1c], says: /expected an entry of CBOR at byte 0/ },
  { bytes: [0x01], says: /expected an object with key and value at entry 1/ },
  { bytes: [0xa1, 0x63, 0x6b], says: /expected a whole entry of CBOR at byte 0/ },
])('$bytes are no entries', async ({ bytes, says }) => {
  const target = join(freshDirectory(), 'target');
  const stdin = [Uint8Array.from(bytes)];
  const completed = await runCommand(['import', '-d', target, '-f', 'cbor'], { stdin });
  expect(completed).toMatchObject({ code: 1, stdout: '' });
  expect(completed.stderr).toMatch(says);
});

test('an import that failed goes on behind what is on disk', async () => {
  const directory = freshDirectory();
  const target = join(directory, 'target');
  const file = join(directory, 'entries.jsonl');
  const state = join(directory, 'state');
  const line = (index: number): string => `{"key":"k${String(index).padStart(5, '0')}","value":"v"}\n`;
  const lines = Array.from({ length: 5000 }, (_, index) => line(index));
  writeFileSync(file, `${lines.slice(0, 3000).join('')}broken\n`);
  const failed = await runCommand(['import', '-d', target, '--resume', state, file]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('2048 entries of the file are on disk: go on with --skip 2048\n');
  expect((await runCommand(['count', '-d', target])).stdout).toBe('2048\n');
  expect(readFileSync(state, 'utf8')).toBe('htkvctl import: 2048 entries are on disk\n');

  writeFileSync(file, lines.join(''));
  const resumed = await imported(['-d', target, '--resume', state, file]);
  expect(resumed).toEqual({ entries: 2952, skipped: 2048, stale: 0 });
  expect(existsSync(state)).toBe(false);
  expect((await runCommand(['count', '-d', target])).stdout).toBe('5000\n');

  appendFileSync(file, line(5000));
  expect(await imported(['-d', target, '--skip', '5000', file])).toEqual({
    entries: 1,
    skipped: 5000,
    stale: 0,
  });
  writeFileSync(state, 'something else');
  expect(await runCommand(['import', '-d', target, '--resume', state, file])).toMatchObject({ code: 2 });
  expect(readFileSync(state, 'utf8')).toBe('something else');
});

test('a file that is not there creates no store', async () => {
  const directory = freshDirectory();
  const target = join(directory, 'target');
  const completed = await runCommand(['import', '-d', target, join(directory, 'missing')]);
  expect(completed).toMatchObject({ code: 1, stdout: '' });
  expect(completed.stderr).toMatch(/ENOENT\) \(CLI_INPUT\)\n$/);
  expect(existsSync(target)).toBe(false);
});
