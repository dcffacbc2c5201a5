/** Proves what `delete` removes, what it says, and that a key that is not there is told apart. */
import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { storeOf } from '../fresh-directory.ts';

async function keysOf(dataDir: string): Promise<string[]> {
  const engine = await SingleNodeEngine.open({ dataDir, readOnly: true });
  const keys = engine.keys().toArray();
  await engine.close();
  return keys.map((key) => Buffer.from(key).toString('hex'));
}

test('a key is removed and the others stay', async () => {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(await runCommand(['delete', '-d', dataDir, 'a'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await keysOf(dataDir)).toEqual(['62']);
});

test('a key is given as digits', async () => {
  const dataDir = await storeOf([
    [Uint8Array.of(0xff), ''],
    ['a', ''],
  ]);
  expect(await runCommand(['delete', '-d', dataDir, '--hex', 'ff'])).toMatchObject({ code: 0 });
  expect(await keysOf(dataDir)).toEqual(['61']);
  expect(await runCommand(['delete', '-d', dataDir, '--base64', 'YQ=='])).toMatchObject({ code: 0 });
  expect(await keysOf(dataDir)).toEqual([]);
});

test('the outcome is told as JSON, and to a person in words that are no data', async () => {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(await runCommand(['delete', '-d', dataDir, '--json', 'a'])).toMatchObject({
    code: 0,
    stdout: '{"outcome":"removed"}\n',
  });
  expect(await runCommand(['delete', '-d', dataDir, 'b'], { isTerminal: true })).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'removed, on disk\n',
  });
});

test('a key that is not there is exit code 3, unless that is no failure', async () => {
  const dataDir = await storeOf([['a', '1']]);
  expect(await runCommand(['delete', '-d', dataDir, 'b'])).toMatchObject({
    code: 3,
    stdout: '',
    stderr: 'error: there is no such key (CLI_KEY_NOT_FOUND)\n',
  });
  expect(await runCommand(['delete', '-d', dataDir, 'b', '--ignore-missing'])).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(await keysOf(dataDir)).toEqual(['61']);
});
