/**
 * Proves what `watch` prints, of which keys and from where on; that it goes on while somebody writes; and what it says of
 * compaction and of wrong words.
 */
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { freshDirectory } from '../fresh-directory.ts';

async function storeWithPast(): Promise<string> {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir });
  engine.putSync('user:1', 'Ada');
  engine.putSync('user:2', Uint8Array.of(0xff, 9), { expiresAt: 4_000_000_000_000 });
  engine.putSync('other', '');
  engine.deleteSync('user:1');
  await engine.close();
  return dataDir;
}

const ADA = '1\tset\tuser:1\tAda\n';
const BYTES = '2\tset\tuser:2\t\\xff\\t\n';
const OTHER = '3\tset\tother\t\n';
const GONE = '4\tdelete\tuser:1\n';

test.for<{ words: string[]; lines: string; last?: number }>([
  { words: ['--since', 'oldest'], lines: ADA + BYTES + OTHER + GONE },
  { words: ['--since', '0'], lines: ADA + BYTES + OTHER + GONE },
  { words: ['--since', '2'], lines: OTHER + GONE },
  { words: ['--since', '4'], lines: '' },
  { words: [], lines: '' },
  { words: ['--since', '0', '--prefix', 'user:'], lines: ADA + BYTES + GONE },
  { words: ['--since', '0', '--gt', 'other', '--lt', 'user:2'], lines: ADA + GONE },
  { words: ['--since', '0', '--key', 'other'], lines: OTHER },
  { words: ['--since', '0', '--hex', '--key', '6f74686572'], lines: '3\tset\t6f74686572\t\n' },
  { words: ['--since', '0', '--limit', '2'], lines: ADA + BYTES, last: 2 },
])('$words', async ({ words, lines, last = 4 }) => {
  const dataDir = await storeWithPast();
  expect(await runCommand(['watch', '-d', dataDir, '--once', ...words])).toMatchObject({
    code: 0,
    stdout: lines,
    stderr: `go on with: --since ${last}\n`,
  });
});

test('as JSON each change has all that is known of it', async () => {
  const dataDir = await storeWithPast();
  const { stdout, stderr } = await runCommand([
    'watch',
    '-d',
    dataDir,
    '--since',
    '1',
    '--once',
    '--json',
    '-q',
  ]);
  const number = expect.any(Number) as number;
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    {
      sequence: 2,
      type: 'set',
      key: 'dXNlcjoy',
      value: '/wk=',
      encoding: 'base64',
      version: 2,
      timestamp: number,
      expiresAt: 4_000_000_000_000,
    },
    { sequence: 3, type: 'set', key: 'other', value: '', encoding: 'utf8', version: 3, timestamp: number },
    { sequence: 4, type: 'delete', key: 'user:1', encoding: 'utf8', version: 4, timestamp: number },
  ]);
  expect(stderr).toBe('');
});

test('it goes on as changes come', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir });
  await engine.put('k', '1');
  const watching = runCommand(['watch', '-d', dataDir, '--since', '0', '--limit', '5', '--interval', '5']);
  for (let value = 2; value <= 5; value += 1) await engine.put('k', String(value));
  const { stdout, stderr } = await watching;
  expect(stdout).toBe([1, 2, 3, 4, 5].map((value) => `${value}\tset\tk\t${value}\n`).join(''));
  expect(stderr).toBe('go on with: --since 5\n');
  await engine.close();
});

test('what compaction has removed is told, with the place to go on from', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize: 4096, compactionIntervalMs: 0 });
  for (let round = 0; round < 30; round += 1) await engine.put('k', new Uint8Array(1000));
  await engine.runCompactionNow();
  const oldest = engine.commitLog.oldestSequence;
  await engine.close();
  const { code, stderr } = await runCommand(['watch', '-d', dataDir, '--since', '0', '--once']);
  expect(code).toBe(1);
  expect(stderr).toContain(`up to ${oldest - 1}:`);
  expect(stderr).toContain('(ENGINE_SEQUENCE_COMPACTED)');
  const { stdout } = await runCommand(['watch', '-d', dataDir, '--since', 'oldest', '--once']);
  expect(stdout === '' || stdout.startsWith(`${oldest}\t`)).toBe(true);
});

test.for<{ words: string[]; message: string }>([
  { words: ['--since', '5'], message: 'expected --since to be at most 4, got 5' },
  { words: ['--since', 'yesterday'], message: 'Expected a whole number or oldest' },
  { words: ['--key', 'a', '--prefix', 'b'], message: 'expected --key or a range of keys, got both' },
])('$words is a wrong call', async ({ words, message }) => {
  const dataDir = await storeWithPast();
  const { code, stdout, stderr } = await runCommand(['watch', '-d', dataDir, '--once', ...words]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});
