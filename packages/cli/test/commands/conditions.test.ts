/**
 * Proves that `put` and `delete` can be made to depend on what is there, with an exit code of its own where it is not so
 * and nothing changed, and that an entry goes when its time has come.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

const REFUSED = {
  code: 6,
  stdout: '',
  stderr: 'error: the condition does not hold; nothing was changed (CLI_CONDITION)\n',
};

interface Shown {
  readonly value: string;
  readonly version: number;
  readonly expiresAt?: number;
}

async function entry(dataDir: string, key: string): Promise<Shown> {
  return JSON.parse((await runCommand(['get', '-d', dataDir, '--json', key])).stdout) as Shown;
}

test('put takes one of three conditions, and changes nothing where it does not hold', async () => {
  const dataDir = await storeOf([['there', '1']]);
  const put = (...words: string[]): ReturnType<typeof runCommand> =>
    runCommand(['put', '-d', dataDir, ...words]);
  const { version } = await entry(dataDir, 'there');
  expect(await put('--if-absent', 'there', '2')).toMatchObject(REFUSED);
  expect(await put('--if-present', 'new', '2')).toMatchObject(REFUSED);
  expect(await put('--if-version', String(version + 1), 'there', '2')).toMatchObject(REFUSED);
  expect(await put('--json', '--if-absent', 'there', '2')).toMatchObject({
    ...REFUSED,
    stdout: '{"outcome":"conflict"}\n',
  });
  expect(await entry(dataDir, 'there')).toMatchObject({ value: '1', version });
  expect(await runCommand(['has', '-d', dataDir, 'new'])).toMatchObject({ code: 3 });

  const done = { code: 0, stderr: '' };
  expect(await put('--if-absent', 'new', '2')).toMatchObject(done);
  expect(await put('--if-present', 'new', '3')).toMatchObject(done);
  expect(await put('--json', '--if-version', String(version), 'there', '4')).toMatchObject({
    ...done,
    stdout: '{"outcome":"applied"}\n',
  });
  expect([await entry(dataDir, 'new'), await entry(dataDir, 'there')]).toMatchObject([
    { value: '3' },
    { value: '4' },
  ]);
});

test('a condition that only a store which is there can meet makes none', async () => {
  const dataDir = join(freshDirectory(), 'not-there');
  for (const condition of [['--if-present'], ['--if-version', '1']]) {
    expect(await runCommand(['put', '-d', dataDir, ...condition, 'key', 'value'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\(STORAGE_NOT_FOUND\)\n$/) as unknown,
    });
  }
  expect(existsSync(dataDir)).toBe(false);
  expect(await runCommand(['put', '-d', dataDir, '--if-absent', 'key', 'value'])).toMatchObject({ code: 0 });
});

test('delete takes a version; a key that is not there stays another matter', async () => {
  const dataDir = await storeOf([['there', '1']]);
  const { version } = await entry(dataDir, 'there');
  const remove = (...words: string[]): ReturnType<typeof runCommand> =>
    runCommand(['delete', '-d', dataDir, ...words]);
  const other = String(version + 1);
  expect(await remove('--if-version', other, 'there')).toMatchObject(REFUSED);
  expect(await remove('--if-version', other, '--json', 'there')).toMatchObject({
    code: 6,
    stdout: '{"outcome":"conflict"}\n',
  });
  expect(await remove('--if-version', other, 'missing')).toMatchObject({ code: 3 });
  expect(await remove('--if-version', other, '--ignore-missing', 'missing')).toMatchObject({ code: 0 });
  expect(await remove('--if-version', String(version), '--json', 'there')).toMatchObject({
    code: 0,
    stdout: '{"outcome":"removed"}\n',
  });
});

test('an entry has the deadline that was given, as a moment or as a length of time', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const put = (...words: string[]): ReturnType<typeof runCommand> =>
    runCommand(['put', '-d', dataDir, ...words, 'key', 'value']);
  const deadline = async (...words: string[]): Promise<number> => {
    expect(await put(...words)).toMatchObject({ code: 0, stderr: '' });
    return (await entry(dataDir, 'key')).expiresAt ?? Number.NaN;
  };
  const far = Date.parse('2999-01-01');
  expect(await deadline('--expires-at', '2999-01-01')).toBe(far);
  expect(await deadline('--expires-at', '2999-01-01T02:00:00+02:00')).toBe(far);
  expect(await deadline('--expires-at', String(far))).toBe(far);
  const lengths = {
    '600000': 600_000,
    '600000ms': 600_000,
    '90s': 90_000,
    '15m': 900_000,
    '12h': 43_200_000,
  };
  for (const [text, length] of Object.entries({ ...lengths, '7d': 604_800_000 })) {
    const before = Date.now();
    const moment = (await deadline('--ttl', text)) - length;
    expect(moment, text).toBeGreaterThanOrEqual(before);
    expect(moment, text).toBeLessThanOrEqual(Date.now());
  }
  expect(await put('--expires-at', '2001-01-01')).toMatchObject({ code: 0 });
  expect(await runCommand(['get', '-d', dataDir, 'key'])).toMatchObject({ code: 3, stdout: '' });
});

test.for([
  ['--ttl', '1 week'],
  ['--ttl', '-5s'],
  ['--ttl', '99999999999999d'],
  ['--ttl', '5s', '--expires-at', '2999-01-01'],
  ['--expires-at', '2027'],
  ['--expires-at', '2027-13-01'],
  ['--expires-at', '2027-02-30'],
  ['--expires-at', '2027-04-31T00:00:00Z'],
  ['--expires-at', '2027-01-01T12:00'],
  ['--if-version', 'x'],
  ['--if-absent', '--if-present'],
  ['--if-absent', '--if-version', '1'],
])('%s is refused before anything is done', async (words) => {
  const dataDir = join(freshDirectory(), 'store');
  expect(await runCommand(['put', '-d', dataDir, ...words, 'key', 'value'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^error: .* \(CLI_USAGE\)\n$/) as unknown,
  });
  expect(existsSync(dataDir)).toBe(false);
});
