/**
 * Proves that each exit code reaches the shell, with one line on standard error that has a code and no stack, and
 * with nothing on standard output. Exit code 4 is shown where there is another process to hold the lock.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

/** Changes one bit of a value in the log. */
function damage(dataDir: string): void {
  const name = readdirSync(dataDir).find((each) => each.startsWith('segment-'))!;
  const bytes = readFileSync(join(dataDir, name));
  bytes[bytes.indexOf('value')]! ^= 1;
  writeFileSync(join(dataDir, name), bytes);
}

test('each outcome has its exit code and its line', async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  const refused = async (words: string[], code: number, errorCode: string): Promise<void> => {
    const completed = await runBinary(words);
    expect(completed, words.join(' ')).toMatchObject({ code, stdout: '' });
    expect(completed.stderr).toMatch(new RegExp(`^error: [^\\n]+ \\(${errorCode}\\)\\n$`));
  };
  await refused(['get', '-d', dataDir, 'key'], 1, 'STORAGE_NOT_FOUND');
  expect(await runBinary(['put', '-d', dataDir, 'key', 'value'])).toMatchObject({ code: 0, stderr: '' });
  await refused([], 2, 'CLI_USAGE');
  await refused(['get', '-d', dataDir], 2, 'CLI_USAGE');
  await refused(['get', '-d', dataDir, 'missing'], 3, 'CLI_KEY_NOT_FOUND');
  await refused(['put', '-d', dataDir, 'key', '@/nowhere/at/all'], 1, 'CLI_INPUT');
  damage(dataDir);
  await refused(['get', '-d', dataDir, 'key'], 5, 'STORAGE_CORRUPT');
});
