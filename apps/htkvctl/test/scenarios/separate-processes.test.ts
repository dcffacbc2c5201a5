/**
 * Proves that what one process stores another one finds, with the real binary and real pipes: text, every byte there
 * is, a value as long as a file, and the directory from the environment.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { manifestVersion, runBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

const SILENCE = { code: 0, stdout: '', stderr: '' };

test('put in one process, get in another, delete in a third', async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  expect(await runBinary(['put', '--data-dir', dataDir, 'greeting', 'hello'])).toMatchObject(SILENCE);
  const got = { code: 0, stdout: 'hello', stderr: '' };
  expect(await runBinary(['get', '--data-dir', dataDir, 'greeting'])).toMatchObject(got);
  expect(await runBinary(['get', 'greeting'], { env: { HTKV_DATA_DIR: dataDir } })).toMatchObject(got);
  expect(await runBinary(['delete', '-d', dataDir, 'greeting'])).toMatchObject(SILENCE);
  expect(await runBinary(['get', '-d', dataDir, 'greeting'])).toMatchObject({ code: 3, stdout: '' });
  expect(await runBinary(['segments', dataDir])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^segment-00001 entries:2 bytes:\d+\n$/) as unknown,
  });
});

test('every byte goes in through a pipe and out through a pipe', async () => {
  const dataDir = freshDirectory();
  const value = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * index + (index >> 8)) % 256);
  expect(await runBinary(['put', '-d', dataDir, 'piped', '-'], { stdin: value })).toMatchObject(SILENCE);
  const got = await runBinary(['get', '-d', dataDir, 'piped']);
  expect(got).toMatchObject({ code: 0, stderr: '' });
  expect(Buffer.compare(got.bytes, value)).toBe(0);
});

test('a file goes in as it is', async () => {
  const directory = freshDirectory();
  const file = join(directory, 'picture');
  writeFileSync(file, Uint8Array.of(0, 10, 13, 255));
  const dataDir = join(directory, 'kv-data');
  expect(await runBinary(['put', '-d', dataDir, 'picture', `@${file}`])).toMatchObject(SILENCE);
  expect(await runBinary(['get', '-d', dataDir, '--hex', '70696374757265'])).toMatchObject({
    code: 0,
    stdout: '000a0dff',
  });
});

test('what one command prints as digits another one takes as digits', async () => {
  const dataDir = freshDirectory();
  const value = Uint8Array.from({ length: 100_000 }, (_, index) => index % 253);
  await runBinary(['put', '-d', dataDir, 'from', '-'], { stdin: value });
  const { stdout } = await runBinary(['get', '-d', dataDir, '--base64', 'ZnJvbQ==']);
  await runBinary(['put', '-d', dataDir, '--base64', 'dG8=', '-'], {
    stdin: stdout.replaceAll(/.{76}/g, '$&\n'),
  });
  expect(Buffer.compare((await runBinary(['get', '-d', dataDir, 'to'])).bytes, value)).toBe(0);
});

test('the version is that of the package', async () => {
  expect(await runBinary(['--version'])).toMatchObject({
    code: 0,
    stdout: `${manifestVersion()}\n`,
    stderr: '',
  });
});
