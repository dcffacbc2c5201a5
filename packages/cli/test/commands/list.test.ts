/**
 * Proves what `list` prints and in which order: prefix, direction and limit, one line for each entry whatever its
 * bytes are, JSON with a fixed shape, and that a long list goes out in pieces.
 */
import { Writable } from 'node:stream';

import { expect, test } from 'vitest';

import { CapturedStream, runCommand } from '../captured-io.ts';
import { storeOf } from '../fresh-directory.ts';
import { run } from '../../src/run.ts';

const USERS = [
  ['user:2', 'Grace'],
  ['user:10', 'Ada'],
  ['zebra', 'stripes'],
  ['apple', 'red'],
] as const;

async function list(entries: Parameters<typeof storeOf>[0], ...words: string[]): Promise<string> {
  const completed = await runCommand(['list', '-d', await storeOf(entries), ...words]);
  expect(completed).toMatchObject({ code: 0, stderr: '' });
  return completed.stdout;
}

test('entries come in the order of the bytes of their keys', async () => {
  expect(await list(USERS)).toBe('apple\tred\nuser:10\tAda\nuser:2\tGrace\nzebra\tstripes\n');
});

test('prefix, direction, limit and keys alone go together', async () => {
  expect(await list(USERS, '--prefix', 'user:')).toBe('user:10\tAda\nuser:2\tGrace\n');
  expect(await list(USERS, '--reverse', '--keys-only')).toBe('zebra\nuser:2\nuser:10\napple\n');
  expect(await list(USERS, '--limit', '1', '--prefix=user:', '--reverse')).toBe('user:2\tGrace\n');
  expect(await list(USERS, '-k', '-r', '-n', '2', '-p', 'user:')).toBe('user:2\nuser:10\n');
  expect(await list(USERS, '--limit', '0')).toBe('');
  expect(await list(USERS, '--prefix', 'nobody')).toBe('');
  expect(await list(USERS, '--prefix', '', '--keys-only', '--limit', '99')).toBe(
    'apple\nuser:10\nuser:2\nzebra\n',
  );
});

test('an empty store is an empty list', async () => {
  expect(await list([])).toBe('');
  expect(await list([], '--json')).toBe('');
});

test('what is no visible text is printed so that a line stays a line', async () => {
  const entries = [
    ['tab\t', 'line\nend\r'],
    ['escape\u001b[31m', 'back\\slash'],
    [Uint8Array.of(0xff, 0x41), 'Zoë 🐎'],
  ] as const;
  expect(await list(entries)).toBe(
    ['escape\\x1b[31m\tback\\\\slash', 'tab\\t\tline\\nend\\r', '\\xffA\tZoë 🐎', ''].join('\n'),
  );
});

test('digits are for keys, values and the prefix', async () => {
  const entries = [
    [Uint8Array.of(0xff, 0x01), 'a'],
    [Uint8Array.of(0xfe), 'b'],
  ] as const;
  expect(await list(entries, '--hex')).toBe('fe\t62\nff01\t61\n');
  expect(await list(entries, '--base64', '--keys-only')).toBe('/g==\n/wE=\n');
  expect(await list(entries, '--hex', '--prefix', 'ff')).toBe('ff01\t61\n');
});

test('JSON is one object a line, in an encoding in which nothing is lost', async () => {
  const entries = [
    ['text', 'Zoë\n'],
    ['upside', Uint8Array.of(0xff)],
  ] as const;
  const lines = async (...words: string[]): Promise<unknown[]> =>
    (await list(entries, '--json', ...words))
      .split('\n')
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));
  expect(await lines()).toEqual([
    { key: 'text', value: 'Zoë\n', encoding: 'utf8' },
    { key: 'dXBzaWRl', value: '/w==', encoding: 'base64' },
  ]);
  expect(await lines('--keys-only')).toEqual([
    { key: 'text', encoding: 'utf8' },
    { key: 'upside', encoding: 'utf8' },
  ]);
  expect(await lines('--hex', '--limit', '1')).toEqual([
    { key: '74657874', value: '5a6fc3ab0a', encoding: 'hex' },
  ]);
});

test.for(['x', '-1', '1.5', '1e3', '', '99999999999999999999'])('%j is no limit', async (limit) => {
  const completed = await runCommand(['list', '-d', 'nowhere', `--limit=${limit}`]);
  expect(completed).toMatchObject({ code: 2, stdout: '' });
  expect(completed.stderr).toMatch(/^error: .*--limit.*Expected a whole number\. \(CLI_USAGE\)\n$/);
});

test('a long list goes out in pieces, none of them before the last one was taken', async () => {
  const entries = Array.from({ length: 500 }, (_, index) => [`key:${index}`, 'v'.repeat(1000)] as const);
  const dataDir = await storeOf(entries);
  let pending = 0;
  const sizes: number[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Uint8Array, _, callback) {
      pending += 1;
      expect(pending).toBe(1);
      sizes.push(chunk.length);
      setImmediate(() => {
        pending -= 1;
        callback();
      });
    },
  });
  const io = { env: {}, stdin: [], stdout: slow, stderr: new CapturedStream(false) };
  expect(await run(['list', '-d', dataDir], io, '1.2.3')).toBe(0);
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.max(...sizes)).toBeLessThan(70_000);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(500_000);
  expect(slow.listenerCount('error')).toBe(0);
});
