/**
 * Proves that a newcomer's first steps work: each example runs alone on a directory of its own, the first look runs
 * them both and reads what they left, and every command that it says to try next does what it says, on that store.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { plainEnvironment, runBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

const root = join(import.meta.dirname, '../../../..');

function runExample(file: string, ...words: string[]): string {
  const quiet = '--disable-warning=ExperimentalWarning';
  return execFileSync(process.execPath, [quiet, join(root, 'examples', file), ...words], {
    encoding: 'utf8',
    env: plainEnvironment(),
  });
}

/** The directory that an example says it has made, removed after the test. */
function directoryIn(printed: string, pattern: RegExp): string {
  const directory = pattern.exec(printed)?.[1];
  if (directory === undefined) throw new Error(`expected a directory in the output, got ${printed}`);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  expect(existsSync(directory)).toBe(true);
  return directory;
}

const EXAMPLES = [
  {
    file: 'basic-kv.ts',
    says: ['alpha => bravo', 'alpha => echo, after an update', 'charlie => nothing, after a delete'],
  },
  {
    file: 'prefix-queries.ts',
    says: ['Found 2 users', '  user:123 => alice', '  user:456 => bob', 'The latest is visit:2026-02-14'],
  },
];

test.for(EXAMPLES)('$file runs alone, on a fresh directory or on a given one, twice', ({ file, says }) => {
  const printed = runExample(file);
  directoryIn(printed, /^The store is in (.+)$/m);
  for (const line of says) expect(printed.split('\n')).toContain(line);

  const given = join(freshDirectory(), 'store');
  for (let run = 1; run <= 2; run += 1) {
    const again = runExample(file, given);
    expect(again).toContain(`The store is in ${given}\n`);
    for (const line of says) expect(again.split('\n')).toContain(line);
  }
});

test('the first look shows the examples, reads what they left, and its next steps work', async () => {
  const printed = runExample('start.ts');
  const dataDir = directoryIn(printed, /This one lives in (.+)$/m);
  for (const line of EXAMPLES.flatMap(({ says }) => says)) expect(printed).toContain(`  ${line}\n`);
  expect(printed).toMatch(/^ {2}alpha => echo$/m);
  expect(printed).toMatch(
    /^ {2}Opened in \d+\.\d ms: 9 keys from 12 records, \d+ bytes of log, all of it durable$/m,
  );
  expect(printed).not.toContain('\u001b');

  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(manifest.scripts).toMatchObject({
    start: 'node examples/start.ts',
    htkvctl: expect.stringContaining('node apps/htkvctl/src/bin.ts') as unknown,
  });
  const commands = Array.from(printed.matchAll(/^ {2}npx -y pnpm@12 htkvctl (.+)$/gm), ([, words = '']) =>
    words.split(' '),
  );
  const outputs = [];
  for (const words of commands) {
    const { code, stdout, stderr } = await runBinary(words);
    expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
    outputs.push([words[0], stdout]);
  }
  expect(commands.flat()).toContain(dataDir);
  expect(outputs).toEqual([
    ['list', expect.stringContaining('alpha\techo\n')],
    ['put', ''],
    ['get', 'hello'],
    ['segments', expect.stringMatching(/^segment-00001 entries:13 bytes:\d+\n$/)],
    ['--help', expect.stringContaining('Exit codes:')],
  ]);
});
