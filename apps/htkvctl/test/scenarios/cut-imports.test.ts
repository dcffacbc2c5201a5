/**
 * Proves what an import leaves that does not come to its end: the first so many entries, exactly as many as it says,
 * whether somebody interrupted it or the device was full, and that it can be taken up there.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { nodeArguments, plainEnvironment, runBinary, startBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

/** Processes come up slowly on a machine that is busy with other tests. */
const LONG = { timeout: 300_000 };

function lines(from: number, to: number): string {
  const line = (index: number): string =>
    `{"key":"key:${String(index).padStart(6, '0')}","value":"value ${index}"}\n`;
  return Array.from({ length: to - from }, (_, index) => line(from + index)).join('');
}

async function count(dataDir: string): Promise<number> {
  const { code, stdout } = await runBinary(['count', '-d', dataDir]);
  expect(code).toBe(0);
  return Number(stdout);
}

test(
  'kill -INT in the middle: whole batches are in, it is told how many, the lock is free',
  LONG,
  async () => {
    const directory = freshDirectory();
    const dataDir = join(directory, 'kv-data');
    const state = join(directory, 'state');
    const child = startBinary(['import', '-d', dataDir, '--resume', state]);
    const closed = once(child, 'close');
    const said = text(child.stderr);
    // More than one batch, and an input that does not end.
    child.stdin.write(lines(0, 5000));
    while (!existsSync(state)) await Promise.race([closed, delay(5)]);
    process.kill(child.pid!, 'SIGINT');
    expect(await closed).toEqual([130, null]);
    const done = Number(
      /^(\d+) entries of the file are on disk: go on with --skip \1$/m.exec(await said)?.[1],
    );
    expect(await said).toMatch(/^error: interrupted; nothing is half done \(CLI_INTERRUPTED\)$/m);
    expect(done).toBeGreaterThanOrEqual(2048);
    expect(await count(dataDir)).toBe(done);

    const file = join(directory, 'entries.jsonl');
    writeFileSync(file, lines(0, 6000));
    const resumed = await runBinary(['import', '-d', dataDir, '--resume', state, '--json', file]);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(resumed.stdout)).toEqual({ entries: 6000 - done, skipped: done, stale: 0 });
    expect(existsSync(state)).toBe(false);
    expect(await count(dataDir)).toBe(6000);
  },
);

test('a full device: what is said to be on disk is there, and nothing else', LONG, async () => {
  const directory = freshDirectory();
  const dataDir = join(directory, 'kv-data');
  const file = join(directory, 'entries.jsonl');
  writeFileSync(file, lines(0, 20_000));
  // A limit of the process stands for the full device.
  const argv = ['-c', 'ulimit -f 1200 && exec "$@"', 'sh', process.execPath];
  const words = nodeArguments(['import', '-d', dataDir, file]);
  const failed: unknown = await promisify(execFile)('sh', [...argv, ...words], {
    env: plainEnvironment(),
  }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  const { stderr } = failed as { stderr: string };
  const done = Number(/^(\d+) entries of the file are on disk: go on with --skip \1$/m.exec(stderr)?.[1]);
  expect(stderr).toMatch(/^error: no space left for .* \(STORAGE_NO_SPACE\)$/m);
  expect(done).toBeGreaterThan(0);
  expect(await count(dataDir)).toBe(done);
  expect(await runBinary(['import', '-d', dataDir, '--skip', String(done), '-q', file])).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(await count(dataDir)).toBe(20_000);
});
