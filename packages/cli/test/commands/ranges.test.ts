/**
 * Proves that bounds, direction, limit and cursor choose the same range in every command that takes them, that pages
 * put together are the whole list, and what `has`, `count` and `keys` say.
 */
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { storeOf } from '../fresh-directory.ts';

const FRUIT = ['apple', 'banana', 'cherry', 'date', 'elder'].map((key) => [key, key.toUpperCase()] as const);

test.for<{ words: string[]; keys: string[] }>([
  { words: ['--gte', 'banana'], keys: ['banana', 'cherry', 'date', 'elder'] },
  { words: ['--gt', 'banana'], keys: ['cherry', 'date', 'elder'] },
  { words: ['--lte', 'cherry'], keys: ['apple', 'banana', 'cherry'] },
  { words: ['--lt', 'cherry'], keys: ['apple', 'banana'] },
  { words: ['--gt', 'apple', '--lt', 'elder'], keys: ['banana', 'cherry', 'date'] },
  { words: ['--gte', 'zebra'], keys: [] },
  { words: ['--hex', '--gte', '64'], keys: ['64617465', '656c646572'] },
])('$words chooses $keys', async ({ words, keys }) => {
  const dataDir = await storeOf(FRUIT);
  const lines = keys.map((key) => `${key}\n`).join('');
  expect(await runCommand(['list', '-d', dataDir, '-k', ...words])).toMatchObject({ code: 0, stdout: lines });
  expect(await runCommand(['keys', '-d', dataDir, ...words])).toMatchObject({ code: 0, stdout: lines });
  expect(await runCommand(['count', '-d', dataDir, ...words])).toMatchObject({
    code: 0,
    stdout: `${keys.length}\n`,
  });
});

test.for([[], ['--reverse']])('pages of a scan %j are together the list', async (direction) => {
  const dataDir = await storeOf([...FRUIT, [Uint8Array.of(0xff, 0), 'binary'], ['', 'empty']]);
  const whole = await runCommand(['list', '-d', dataDir, ...direction]);
  let pages = '';
  let cursor: string[] = [];
  for (let page = 1; ; page += 1) {
    const scan = await runCommand(['scan', '-d', dataDir, '-n', '2', ...direction, ...cursor]);
    expect(scan.code).toBe(0);
    pages += scan.stdout;
    const told = /^more: --cursor (\S+)\n$/.exec(scan.stderr)?.[1];
    if (told === undefined) {
      expect({ page, stderr: scan.stderr }).toEqual({ page: 4, stderr: '' });
      break;
    }
    cursor = ['--cursor', told];
  }
  expect(pages).toBe(whole.stdout);
});

test('a page as JSON has its entries and the cursor, and --quiet leaves only the page', async () => {
  const dataDir = await storeOf(FRUIT);
  const { stdout, stderr } = await runCommand(['scan', '-d', dataDir, '--json', '--limit', '2', '-k']);
  expect(JSON.parse(stdout)).toEqual({
    entries: [
      { key: 'apple', encoding: 'utf8' },
      { key: 'banana', encoding: 'utf8' },
    ],
    cursor: 'kYmFuYW5h',
  });
  expect(stderr).toBe('');
  expect(await runCommand(['scan', '-d', dataDir, '-q', '-k', '-n', '1'])).toMatchObject({
    stdout: 'apple\n',
    stderr: '',
  });
  expect(JSON.parse((await runCommand(['scan', '-d', dataDir, '--json', '-k'])).stdout)).not.toHaveProperty(
    'cursor',
  );
});

test.for(['', 'x', 'kYmFuYW5h=', 'kYmF', 'k!'])('%j is no cursor', async (cursor) => {
  const dataDir = await storeOf([]);
  const completed = await runCommand(['scan', '-d', dataDir, `--cursor=${cursor}`]);
  expect(completed).toMatchObject({ code: 2, stdout: '' });
});

test('a cursor and the bound that it stands for exclude each other', async () => {
  const dataDir = await storeOf(FRUIT);
  const words = ['scan', '-d', dataDir, '--cursor', 'kYQ', '--gt', 'b'];
  expect(await runCommand(words)).toMatchObject({
    code: 2,
    stderr: 'error: expected --cursor or --gt, got both (CLI_USAGE)\n',
  });
});

test('has says by its exit code whether a key is there', async () => {
  const dataDir = await storeOf(FRUIT);
  expect(await runCommand(['has', '-d', dataDir, 'apple'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(await runCommand(['has', '-d', dataDir, 'fig'])).toMatchObject({ code: 3, stdout: '' });
  expect(await runCommand(['has', '-d', dataDir, '--json', 'apple'])).toMatchObject({
    code: 0,
    stdout: '{"present":true}\n',
  });
  expect(await runCommand(['has', '-d', dataDir, '--json', 'fig'])).toMatchObject({
    code: 3,
    stdout: '{"present":false}\n',
  });
});

test('count is a number, or JSON', async () => {
  const dataDir = await storeOf(FRUIT);
  expect((await runCommand(['count', '-d', dataDir])).stdout).toBe('5\n');
  expect((await runCommand(['count', '-d', dataDir, '--json', '-p', 'b'])).stdout).toBe('{"count":1}\n');
});

test('a histogram of keys has sizes in classes and the beginnings that are frequent', async () => {
  const entries = ['user:1', 'user:2', 'order/7', 'plain'].map((key) => [key, 'v'.repeat(300)] as const);
  const dataDir = await storeOf(entries);
  const { stdout } = await runCommand(['keys', '--histogram', '--json', '-d', dataDir]);
  expect(JSON.parse(stdout)).toEqual({
    count: 4,
    keyBytes: [{ from: 4, to: 7, count: 4 }],
    valueBytes: [{ from: 256, to: 511, count: 4 }],
    beginnings: [
      { beginning: 'user:', count: 2 },
      { beginning: 'order/', count: 1 },
      { beginning: '(no separator)', count: 1 },
    ],
  });
  const shown = (await runCommand(['keys', '--histogram', '-d', dataDir])).stdout;
  expect(shown).toContain('4 keys\n');
  expect(shown).toMatch(/^ {2}4-7 {2}█+ {2}4$/m);
  expect(shown).toContain('  2  user:\n');
});
