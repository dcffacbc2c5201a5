/**
 * Proves what happens when a store cannot be opened or read: each reason has its exit code and its one line, nothing
 * is created or changed, and commands that only read work beside a process that writes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runCommand } from './captured-io.ts';
import { freshDirectory, storeOf } from './fresh-directory.ts';
import { holdStore } from './store-holder.ts';

const READS = [
  ['get', 'key'],
  ['has', 'key'],
  ['list'],
  ['scan'],
  ['keys'],
  ['count'],
  ['export'],
  ['stats'],
  ['segments'],
  ['list-users'],
];
const CHANGES = [['put', 'key', 'value'], ['delete', 'key'], ['compact'], ['checkpoint']];

/** Every file of a directory with its bytes. */
function contents(directory: string): [name: string, hex: string][] {
  return readdirSync(directory)
    .toSorted()
    .map((name) => [name, readFileSync(join(directory, name)).toString('hex')]);
}

describe('a store that is not there', () => {
  test.for([...READS, ['delete', 'key'], ['compact'], ['checkpoint']])(
    'is exit code 1 for %s, and stays away',
    async (words) => {
      const parent = freshDirectory();
      for (const dataDir of [parent, join(parent, 'missing'), join(parent, 'missing', 'further')]) {
        const { code, stdout, stderr } = await runCommand([...words, '-d', dataDir]);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toBe(`error: there is no store in ${dataDir} (STORAGE_NOT_FOUND)\n`);
      }
      expect(readdirSync(parent)).toEqual([]);
    },
  );

  test('has a name that cannot break the line', async () => {
    const dataDir = join(freshDirectory(), 'two\nlines\u001b[31m');
    const { code, stderr } = await runCommand(['list', '-d', dataDir]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: there is no store in .*two\\nlines\\x1b\[31m \(STORAGE_NOT_FOUND\)\n$/);
  });
});

describe('a directory that is something else', () => {
  test.for([...READS, ...CHANGES])('with foreign files is refused to %s as it is', async (words) => {
    const directory = freshDirectory();
    writeFileSync(join(directory, 'segment-0000000000000001'), 'something else');
    const before = contents(directory);
    const { code, stdout, stderr } = await runCommand([...words, '-d', directory]);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: [^\n]+ \(STORAGE_[A-Z_]+\)\n$/);
    expect(contents(directory)).toEqual(before);
  });

  test.for([...READS, ...CHANGES])('a file is refused to %s', async (words) => {
    const file = join(freshDirectory(), 'file');
    writeFileSync(file, 'content');
    const { code, stdout, stderr } = await runCommand([...words, '-d', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+ \(STORAGE_[A-Z_]+\)\n$/);
    expect(readFileSync(file, 'utf8')).toBe('content');
  });

  test('a directory that cannot be created is refused', async () => {
    const file = join(freshDirectory(), 'file');
    writeFileSync(file, 'content');
    const { code, stderr } = await runCommand(['put', '-d', join(file, 'store'), 'key', 'value']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+: ENOTDIR \(STORAGE_IO\)\n$/);
  });
});

describe('a store that another process has open', () => {
  test('is exit code 4 for changes, and can be read', async () => {
    const dataDir = join(freshDirectory(), 'store');
    const holder = await holdStore(dataDir, 3);
    for (const words of [...CHANGES, ['delete', 'key:0']]) {
      const { code, stdout, stderr } = await runCommand([...words, '-d', dataDir]);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toMatch(/^error: [^\n]+ \(STORAGE_LOCKED\)\n$/);
      expect(stderr).toContain(`process ${holder.pid} `);
    }
    const before = contents(dataDir);
    expect(await runCommand(['get', '-d', dataDir, 'key:2'])).toMatchObject({ code: 0, stdout: 'value:2' });
    expect(await runCommand(['list', '-d', dataDir, '--keys-only'])).toMatchObject({
      code: 0,
      stdout: 'key:0\nkey:1\nkey:2\n',
    });
    expect(await runCommand(['segments', dataDir])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^segment-00001 entries:3 /) as unknown,
    });
    expect(contents(dataDir)).toEqual(before);
  });
});

describe('a store that is damaged', () => {
  test.for([...READS, ...CHANGES])(
    'is exit code 5 for %s, with file and offset, and stays as it is',
    async (words) => {
      const dataDir = await storeOf([
        ['key', 'value'],
        ['other', 'value'],
      ]);
      const segment = join(
        dataDir,
        readdirSync(dataDir).find((name) => name.startsWith('segment-'))!,
      );
      const bytes = readFileSync(segment);
      const place = bytes.indexOf('value');
      bytes[place]! ^= 0x01;
      writeFileSync(segment, bytes);
      const before = contents(dataDir);
      const { code, stdout, stderr } = await runCommand([...words, '-d', dataDir]);
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
      expect(stderr).toMatch(/^error: [^\n]+ is damaged at byte \d+: [^\n]+ \(STORAGE_CORRUPT\)\n$/);
      expect(stderr).toContain(segment);
      expect(contents(dataDir)).toEqual(before);
    },
  );
});

test('commands that only read leave every file as it is', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  const before = contents(dataDir);
  for (const words of READS) expect(await runCommand([...words, '-d', dataDir])).toMatchObject({ code: 0 });
  expect(contents(dataDir)).toEqual(before);
});
