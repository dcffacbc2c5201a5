/**
 * Proves that commands which read are not disturbed by a service that replaces a large value, which has a file of its own,
 * and compacts the old one away after they have opened the store; and that a value which is really missing is damage.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { afterEach, expect, test, vi } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

const before = 'old '.repeat(100_000);
const after = 'new '.repeat(100_000);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Behind the first opening for reading, the value of `b` is replaced and the old one removed. */
async function storeThatChanges(): Promise<string> {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', before],
    ['c', '3'],
  ]);
  const open = SingleNodeEngine.open.bind(SingleNodeEngine);
  vi.spyOn(SingleNodeEngine, 'open').mockImplementationOnce(async (config) => {
    const reader = await open(config);
    const service = await open({ dataDir });
    await service.put('b', after);
    await service.runCompactionNow();
    await service.close();
    expect(readdirSync(dataDir).filter((name) => name.startsWith('value-')).length).toBe(1);
    return reader;
  });
  return dataDir;
}

test('get, list and scan print the new value, and every entry once', async () => {
  expect(await runCommand(['get', 'b', '-d', await storeThatChanges()])).toMatchObject({
    code: 0,
    stdout: after,
  });
  const listed = `a\t1\nb\t${after}\nc\t3\n`;
  expect(await runCommand(['list', '-d', await storeThatChanges()])).toMatchObject({
    code: 0,
    stdout: listed,
  });
  expect(await runCommand(['list', '-r', '-n', '2', '-d', await storeThatChanges()])).toMatchObject({
    code: 0,
    stdout: `c\t3\nb\t${after}\n`,
  });
  expect(await runCommand(['scan', '-d', await storeThatChanges()])).toMatchObject({
    code: 0,
    stdout: listed,
  });
});

test('an export has every entry once, a backup is of one moment', async () => {
  const exported = await runCommand(['export', '-d', await storeThatChanges()]);
  const lines = exported.stdout.trimEnd().split('\n');
  expect(exported.code).toBe(0);
  expect(lines.map((line) => (JSON.parse(line) as { key: string }).key)).toEqual(['a', 'b', 'c']);
  const file = join(freshDirectory(), 'backup');
  expect(await runCommand(['backup', '--json', '-d', await storeThatChanges(), file])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\{"entries":3,/) as unknown,
  });
});

test('a value that is missing is damage', async () => {
  const dataDir = await storeOf([['b', before]]);
  const open = SingleNodeEngine.open.bind(SingleNodeEngine);
  vi.spyOn(SingleNodeEngine, 'open').mockImplementationOnce(async (config) => {
    const reader = await open(config);
    for (const name of readdirSync(dataDir)) if (name.startsWith('value-')) rmSync(join(dataDir, name));
    return reader;
  });
  expect(await runCommand(['get', 'b', '-d', dataDir])).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/ is damaged at byte 0: .*\(STORAGE_CORRUPT\)\n$/) as unknown,
  });
});
