/**
 * Proves what `get` prints: the bytes of a value and nothing else, digits and JSON where they are asked for, a line
 * end for people only, and nothing at all for a key that is not there.
 */
import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { storeOf } from '../fresh-directory.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

test('the value comes out byte for byte', async () => {
  const dataDir = await storeOf([
    ['binary', ALL_BYTES],
    ['empty', ''],
    ['text', 'hello'],
  ]);
  expect(await runCommand(['get', '-d', dataDir, 'binary'])).toMatchObject({ code: 0, stderr: '' });
  expect((await runCommand(['get', '-d', dataDir, 'binary'])).bytes).toEqual(Buffer.from(ALL_BYTES));
  expect(await runCommand(['get', '-d', dataDir, 'empty'])).toMatchObject({ code: 0, stdout: '' });
  expect(await runCommand(['get', '-d', dataDir, 'text'])).toMatchObject({ code: 0, stdout: 'hello' });
});

test('a person gets a line end where the value has none', async () => {
  const dataDir = await storeOf([
    ['without', 'hello'],
    ['with', 'hello\n'],
    ['empty', ''],
  ]);
  const shown = async (key: string): Promise<string> =>
    (await runCommand(['get', '-d', dataDir, key], { isTerminal: true })).stdout;
  expect(await shown('without')).toBe('hello\n');
  expect(await shown('with')).toBe('hello\n');
  expect(await shown('empty')).toBe('\n');
});

test.for(['hex', 'base64'] as const)('--%s is for the key and for the value', async (encoding) => {
  const dataDir = await storeOf([[ALL_BYTES, ALL_BYTES]]);
  const digits = Buffer.from(ALL_BYTES).toString(encoding);
  const completed = await runCommand(['get', '-d', dataDir, `--${encoding}`, digits]);
  expect(completed).toMatchObject({ code: 0, stdout: digits, stderr: '' });
});

test('digits of a long value are those of the whole', async () => {
  const value = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251);
  const dataDir = await storeOf([['key', value]]);
  const { stdout } = await runCommand(['get', '-d', dataDir, '--base64', 'a2V5']);
  expect(stdout).toBe(Buffer.from(value).toString('base64'));
});

test('an entry as JSON has its version and its times, and an encoding in which nothing is lost', async () => {
  const dataDir = await storeOf([]);
  const engine = await SingleNodeEngine.open({ dataDir });
  await engine.submit({ type: 'set', key: 'text', value: 'Zoë', version: 7, timestamp: 1_700_000_000_000 });
  await engine.submit({
    type: 'set',
    key: 'mortal',
    value: Uint8Array.of(0xff),
    version: 8,
    timestamp: 1_700_000_000_001,
    expiresAt: 9_000_000_000_000,
  });
  await engine.close();
  const json = async (...words: string[]): Promise<unknown> => {
    const { stdout, code } = await runCommand(['get', '-d', dataDir, '--json', ...words]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    return JSON.parse(stdout);
  };
  expect(await json('text')).toEqual({
    key: 'text',
    value: 'Zoë',
    encoding: 'utf8',
    version: 7,
    timestamp: 1_700_000_000_000,
  });
  expect(await json('mortal')).toEqual({
    key: 'bW9ydGFs',
    value: '/w==',
    encoding: 'base64',
    version: 8,
    timestamp: 1_700_000_000_001,
    expiresAt: 9_000_000_000_000,
  });
  expect(await json('--hex', '74657874')).toMatchObject({
    key: '74657874',
    value: '5a6fc3ab',
    encoding: 'hex',
  });
});

test('a key that is not there is exit code 3 and no output', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  for (const words of [['missing'], ['--json', 'missing']]) {
    expect(await runCommand(['get', '-d', dataDir, ...words])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'error: there is no such key (CLI_KEY_NOT_FOUND)\n',
    });
  }
});
