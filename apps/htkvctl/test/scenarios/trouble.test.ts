/**
 * Proves what a person at a terminal and a script behind a pipe meet when a store is locked, damaged, or has no room on
 * its device: the same exit code and the same line, with nothing but data on standard output, and a store that is as it
 * was.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { nodeArguments, plainEnvironment, runBinary, startBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';
import { Terminal } from '../terminal.ts';

/** Processes come up slowly on a machine that is busy with other tests. */
const LONG = { timeout: 120_000 };

/** Runs a command in a pipe and at a terminal, and expects the exit code of both; returns what each showed. */
async function both(words: readonly string[], code: number): Promise<{ piped: string; shown: string }> {
  const { stdout, stderr, code: exitCode } = await runBinary(words);
  expect({ exitCode, stdout }, stderr).toMatchObject({ exitCode: code });
  const terminal = new Terminal(words);
  expect(await terminal.exitCode(), terminal.screen).toBe(code);
  return { piped: stdout + stderr, shown: terminal.screen };
}

test(
  'a store that another process writes: exit code 4 with the holder, and reading goes on',
  LONG,
  async () => {
    const directory = freshDirectory();
    const dataDir = join(directory, 'kv-data');
    const state = join(directory, 'state');
    // An import whose input does not end holds the store.
    const holder = startBinary(['import', '-d', dataDir, '--resume', state]);
    const closed = once(holder, 'close');
    onTestFinished(() => void holder.kill('SIGKILL'));
    holder.stdin.write('{"key":"a","value":"1"}\n'.repeat(3000));
    while (!existsSync(state)) await delay(5);

    const { piped, shown } = await both(['put', 'a', '2', '-d', dataDir], 4);
    expect(piped).toMatch(new RegExp(`^error: [^\\n]*\\b${holder.pid}\\b[^\\n]* \\(STORAGE_LOCKED\\)\\n$`));
    expect(shown.trim()).toBe(piped.trim());
    const read = await both(['get', '-d', dataDir, 'a'], 0);
    expect([read.piped, read.shown]).toEqual(['1', '1\n']);
    expect(await runBinary(['check', '-q', dataDir])).toMatchObject({ code: 0, stdout: '', stderr: '' });

    holder.stdin.end();
    expect(await closed).toEqual([0, null]);
    expect(await runBinary(['put', 'a', '2', '-d', dataDir])).toMatchObject({ code: 0 });
  },
);

test('a damaged store: file and byte, the way out, and nothing that is changed', LONG, async () => {
  const directory = freshDirectory();
  const dataDir = join(directory, 'kv-data');
  const entries = '{"key":"first","value":"value-of-first"}\n{"key":"second","value":"value-of-second"}\n';
  expect(await runBinary(['import', '-d', dataDir], { stdin: entries })).toMatchObject({ code: 0 });
  const segment = join(
    dataDir,
    readdirSync(dataDir).find((name) => name.startsWith('segment-'))!,
  );
  const bytes = readFileSync(segment);
  bytes[bytes.indexOf('value-of-first')]! ^= 1;
  writeFileSync(segment, bytes);
  const before = readdirSync(dataDir);

  const refused = await both(['get', '-d', dataDir, 'second'], 5);
  expect(refused.piped).toMatch(
    /^error: \S+segment-\d+ is damaged at byte 128: [^\n]+ \(STORAGE_CORRUPT\)\n$/,
  );
  expect(refused.shown.trim()).toBe(refused.piped.trim());
  const checked = await both(['check', dataDir], 5);
  for (const said of [checked.piped, checked.shown]) {
    expect(said).toMatch(/damage \S+segment-\d+ at byte 128: expected/);
    expect(said).toMatch(/error: the store is damaged in 1 place \(CLI_DAMAGE_FOUND\)/);
  }
  const findings = (await runBinary(['check', '--json', dataDir])).stdout.trimEnd().split('\n');
  expect(JSON.parse(findings[0]!)).toMatchObject({ severity: 'damage', path: segment, offset: 128 });
  expect([readdirSync(dataDir), readFileSync(segment)]).toEqual([before, bytes]);

  const saved = join(directory, 'saved');
  const salvage = new Terminal(['salvage', dataDir, saved]);
  expect(await salvage.exitCode()).toBe(0);
  expect(salvage.screen).toMatch(/lost: [^]*1 writes saved, 1 entries; 1 losses/);
  expect(await runBinary(['get', '-d', saved, 'second'])).toMatchObject({ stdout: 'value-of-second' });
});

test('no room for a copy: what was to be made is not there, what was there stays', LONG, async () => {
  const directory = freshDirectory();
  const dataDir = join(directory, 'kv-data');
  const value = 'x'.repeat(2_000_000);
  expect(await runBinary(['put', '-d', dataDir, 'large', '-'], { stdin: value })).toMatchObject({ code: 0 });
  // A limit of the process stands for the full device.
  const argv = ['-c', 'ulimit -f 1200 && exec "$@"', 'sh', process.execPath];
  const limited = (words: readonly string[]): Promise<unknown> =>
    promisify(execFile)('sh', [...argv, ...nodeArguments(words)], { env: plainEnvironment() }).catch(
      (error: unknown) => error,
    );
  for (const words of [
    ['backup', '-d', dataDir, join(directory, 'copy')],
    ['salvage', dataDir, join(directory, 'new')],
  ]) {
    expect(await limited(words), words[0]).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: [^\n]* \((CLI_OUTPUT|STORAGE_NO_SPACE)\)\n$/) as unknown,
    });
  }
  expect(readdirSync(directory)).toEqual(['kv-data']);
  expect(await runBinary(['check', '--json', dataDir])).toMatchObject({ code: 0, stderr: '' });
});
