/**
 * Proves that writes which were awaited survive the death of their process: another program puts keys, waits for each,
 * and is killed with the store open. The real binary must find them all, be refused before the kill, and write after.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { plainEnvironment, runBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

const KEYS = 200;
const WRITER = join(import.meta.dirname, '../../../../packages/cli/test/hold-store.ts');

/** Every file of a directory with its bytes. */
function contents(directory: string): [name: string, hex: string][] {
  return readdirSync(directory)
    .toSorted()
    .map((name) => [name, readFileSync(join(directory, name)).toString('hex')]);
}

test('all awaited puts are there after kill -9, and the lock is free', async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  const writer = spawn(process.execPath, [WRITER, dataDir, String(KEYS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: plainEnvironment(),
  });
  const exited = once(writer, 'exit');
  onTestFinished(async () => {
    writer.kill('SIGKILL');
    await exited;
  });
  const [said] = (await Promise.race([once(writer.stdout, 'data'), exited])) as unknown[];
  expect(String(said)).toBe('ready\n');

  const refused = await runBinary(['put', '-d', dataDir, 'mine', 'now']);
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  expect(refused.stderr).toMatch(/^error: .* \(STORAGE_LOCKED\)\n$/);
  expect(refused.stderr).toContain(`process ${writer.pid} `);

  process.kill(writer.pid!, 'SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);

  const expected = Array.from({ length: KEYS }, (_, index) => [`key:${index}`, `value:${index}`] as const);
  const lines = expected.map(([key, value]) => `${key}\t${value}\n`).toSorted();
  // First the wreck, which reading leaves as it is; then, after a write, what has been put in order.
  const wreck = contents(dataDir);
  expect(await runBinary(['list', '-d', dataDir])).toMatchObject({
    code: 0,
    stdout: lines.join(''),
    stderr: '',
  });
  expect(await runBinary(['get', '-d', dataDir, 'key:199'])).toMatchObject({ code: 0, stdout: 'value:199' });
  expect(contents(dataDir)).toEqual(wreck);
  expect(await runBinary(['put', '-d', dataDir, 'mine', 'now'])).toMatchObject({ code: 0, stderr: '' });
  expect(await runBinary(['list', '-d', dataDir, '--prefix', 'key:'])).toMatchObject({
    code: 0,
    stdout: lines.join(''),
  });
  expect(await runBinary(['get', '-d', dataDir, 'mine'])).toMatchObject({ code: 0, stdout: 'now' });
});
