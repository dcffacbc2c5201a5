/** Proves that the binary finds the file of the thread that writes for it: without it everything would work, slowly. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, test } from 'vitest';

import { nodeArguments, plainEnvironment, runBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

/** As many as take several commits. */
const ENTRIES = 40_000;

test('a command that writes much has a thread that writes', { timeout: 60_000 }, async () => {
  const dataDir = join(freshDirectory(), 'kv-data');
  const preload = pathToFileURL(join(import.meta.dirname, '../tell-of-threads.ts')).href;
  const words = ['--disable-warning=ExperimentalWarning', '--experimental-strip-types', '--import', preload];
  const child = spawn(process.execPath, [...words, ...nodeArguments(['import', '-d', dataDir])], {
    env: plainEnvironment(),
  });
  const closed = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8');
  const entry = (index: number): string => `{"key":"${index}","value":""}\n`;
  child.stdin.write(Array.from({ length: ENTRIES }, (_, index) => entry(index)).join(''));
  for await (const piece of child.stderr) {
    said += String(piece);
    // The input has no end before the thread runs.
    if (said.includes('a thread runs\n')) child.stdin.end();
  }
  expect(await closed).toEqual([0, null]);
  expect(said).toBe(`a thread runs\n${ENTRIES} entries imported\n`);
  expect(await runBinary(['count', '-d', dataDir])).toMatchObject({ stdout: `${ENTRIES}\n` });
});
