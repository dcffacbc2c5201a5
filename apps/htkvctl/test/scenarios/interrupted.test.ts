/**
 * Proves that `kill -INT` in the middle of a long command leaves nothing half done: no part of a file or of a store that
 * was to be made, and a store that was being worked on is sound and complete. The middle is when its first files are seen.
 */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runBinary, startBinary } from '../binary.ts';
import { freshDirectory } from '../fresh-directory.ts';

/** Processes come up slowly on a machine that is busy with other tests. */
const LONG = { timeout: 120_000 };
const ENTRIES = 12_000;
const VALUE_BYTES = 1500;

const shared = mkdtempSync(join(tmpdir(), 'htkvctl-interrupted-'));
const store = join(shared, 'kv-data');
const backup = join(shared, 'backup');

/** Every entry written twice, so that half of the log is garbage; and a backup of it. */
beforeAll(async () => {
  const line = (index: number): string => `{"key":"key:${index}","value":"${'v'.repeat(VALUE_BYTES)}"}\n`;
  const entries = Array.from({ length: ENTRIES }, (_, index) => line(index)).join('');
  await succeed(['import', '-d', store], entries + entries);
  await succeed(['backup', '-d', store, backup]);
}, 120_000);

afterAll(() => rmSync(shared, { recursive: true }));

async function succeed(words: readonly string[], stdin = ''): Promise<void> {
  const { code, stderr } = await runBinary(words, { stdin });
  if (code !== 0) throw new Error(stderr);
}

/** Sends SIGINT as soon as `isBegun`, and expects the exit code and the line of an interruption. */
async function interrupt(words: readonly string[], isBegun: () => boolean): Promise<void> {
  const child = startBinary(words);
  child.stdin.end();
  const said = text(child.stderr);
  const closed = once(child, 'close');
  let hasEnded = false;
  const end = closed.then(() => (hasEnded = true));
  while (!isBegun() && !hasEnded) await Promise.race([end, delay(1)]);
  expect(hasEnded).toBe(false);
  process.kill(child.pid!, 'SIGINT');
  expect(await closed).toEqual([130, null]);
  expect(await said).toBe('error: interrupted; nothing is half done (CLI_INTERRUPTED)\n');
}

const names = (directory: string, beginning: string): string[] =>
  readdirSync(directory).filter((name) => name.startsWith(beginning));

function sized(name: string): string {
  return `${name} ${statSync(join(store, name)).size}`;
}

async function expectWhole(dataDir: string): Promise<void> {
  const checked = await runBinary(['check', '--json', dataDir]);
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(checked.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ damage: 0, notes: 0 });
  expect(await runBinary(['count', '-d', dataDir])).toMatchObject({ stdout: `${ENTRIES}\n` });
}

test('backup: neither the file nor a part of it', LONG, async () => {
  const directory = freshDirectory();
  const words = ['backup', '-d', store, join(directory, 'copy')];
  await interrupt(words, () => names(directory, 'copy').length > 0);
  expect(readdirSync(directory)).toEqual([]);
});

test.for([
  ['salvage', store],
  ['restore', backup],
] as const)('%s: neither the new store nor a part of it', LONG, async ([command, source]) => {
  const directory = freshDirectory();
  const isBegun = (): boolean =>
    names(directory, '.new-').some((name) => names(join(directory, name), 'segment-').length > 0);
  await interrupt([command, source, join(directory, 'new')], isBegun);
  expect(readdirSync(directory)).toEqual([]);
});

test(
  'compact: the store is sound and has every entry, and the next one does what is left',
  LONG,
  async () => {
    // What is needed is copied behind the end of the log, or into a segment of its own.
    const before = new Set(names(store, 'segment-').map(sized));
    const isBegun = (): boolean => names(store, 'segment-').some((name) => !before.has(sized(name)));
    await interrupt(['compact', store], isBegun);
    await expectWhole(store);
    const { code, stdout } = await runBinary(['compact', '--json', store]);
    expect(code, basename(store)).toBe(0);
    expect((JSON.parse(stdout) as { segmentsRemoved: number }).segmentsRemoved).toBeGreaterThan(0);
    await expectWhole(store);
  },
);
