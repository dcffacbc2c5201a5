/**
 * Proves what the real binary does with a pipe whose reader goes away, and with output that cannot be written at all:
 * silence in the first case, one line and exit code 1 in the second, never a stack.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { expect, test } from 'vitest';

import { nodeArguments, plainEnvironment, runBinary, startBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

/** A store whose list is much longer than any pipe. */
async function longStore(): Promise<string> {
  const dataDir = freshDirectory();
  const value = 'x'.repeat(8_000_000);
  expect(await runBinary(['put', '-d', dataDir, 'long', '-'], { stdin: value })).toMatchObject({ code: 0 });
  return dataDir;
}

test.for(['list', 'get'])('%s ends in silence when its reader has seen enough', async (command) => {
  const dataDir = await longStore();
  const child = startBinary(command === 'get' ? ['get', '-d', dataDir, 'long'] : ['list', '-d', dataDir]);
  const said = text(child.stderr);
  const closed = once(child, 'close');
  await once(child.stdout, 'readable');
  expect(child.stdout.read(1)).not.toBe(undefined);
  child.stdout.destroy();
  expect(await closed).toEqual([0, null]);
  expect(await said).toBe('');
});

test('output that cannot be written is one line and exit code 1', async () => {
  const dataDir = freshDirectory();
  await runBinary(['put', '-d', dataDir, 'key', 'value']);
  const readable = join(freshDirectory(), 'output');
  writeFileSync(readable, '');
  // A descriptor that is open for reading only.
  const descriptor = openSync(readable, 'r');
  const child = spawn(process.execPath, nodeArguments(['get', '-d', dataDir, 'key']), {
    stdio: ['ignore', descriptor, 'pipe'],
    env: plainEnvironment(),
  });
  closeSync(descriptor);
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  expect({ code, said }).toEqual({
    code: 1,
    said: 'error: cannot write the output: EBADF (CLI_OUTPUT)\n',
  });
});
