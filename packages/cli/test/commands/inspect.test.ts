/**
 * Proves that inspect, stats and space say what lies in the files, as tables of facts and as JSON, and that none of
 * them changes anything.
 */
import { SingleNodeEngine } from '@htkv/engine';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { spaceBar } from '../../src/commands/space.ts';
import { runCommand } from '../captured-io.ts';
import { contents, damage } from '../damaged-store.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

async function shown(...words: string[]): Promise<unknown[]> {
  const completed = await runCommand(words);
  expect(completed).toMatchObject({ code: 0, stderr: '' });
  return completed.stdout
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}

/** A key that was set twice, one that was deleted. */
async function smallStore(): Promise<string> {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir });
  await engine.put('greeting', 'hello');
  await engine.put('greeting', 'welcome');
  await engine.put('old', 'x');
  await engine.delete('old');
  await engine.close();
  return dataDir;
}

test('the manifest', async () => {
  const dataDir = await smallStore();
  const before = contents(dataDir);
  const [manifest] = await shown('inspect', 'manifest', '--json', dataDir);
  expect(manifest).toMatchObject({
    clean: true,
    lastSequence: 4,
    segments: [{ segment: 1, state: 'active', recordCount: 4, deleteCount: 1 }],
  });
  const { stdout } = await runCommand(['inspect', 'manifest', dataDir]);
  expect(stdout).toMatch(/^closed in good order {2}yes$/m);
  expect(contents(dataDir)).toEqual(before);
});

test('a segment, its groups and its records', async () => {
  const dataDir = await smallStore();
  expect(await shown('inspect', 'segment', '1', '--json', dataDir)).toEqual([
    expect.objectContaining({ segment: 1, groups: 4, records: 4, isSealed: false, broken: [] }) as unknown,
  ]);
  const groups = await shown('inspect', 'segment', '1', '--groups', '--json', '-d', dataDir);
  expect(groups.map((group) => (group as { records: number }).records)).toEqual([1, 1, 1, 1]);
  const records = await shown('inspect', 'segment', '1', '--records', '--json', dataDir);
  expect(records).toMatchObject([
    { offset: 128, type: 'set', key: 'greeting', value: 'hello', version: 1, isSound: true },
    { type: 'set', value: 'welcome', version: 2 },
    { type: 'set', key: 'old', value: 'x' },
    { type: 'delete', key: 'old', sequence: 4 },
  ]);
  const { stdout } = await runCommand(['inspect', 'segment', '1', '--records', dataDir]);
  expect(stdout.split('\n')[0]).toMatch(/^128\t\d+\tset\t1\t1\tsound\tgreeting$/);
  expect(await runCommand(['inspect', 'segment', '2', dataDir])).toMatchObject({ code: 3, stdout: '' });
});

test('a damaged record is shown as that', async () => {
  const dataDir = await storeOf([['key', 'value-1']]);
  damage(dataDir, 'value-1');
  const [record] = await shown('inspect', 'record', '--at', '1:128', '--json', dataDir);
  expect(record).toMatchObject({ key: 'key', isSound: false });
  const { stdout } = await runCommand(['inspect', 'record', '--at', '1:128', dataDir]);
  expect(stdout).toMatch(/^checksum +DOES NOT MATCH$/m);
});

test('all that a key has been', async () => {
  const dataDir = await smallStore();
  expect(await shown('inspect', 'record', '--key', 'greeting', '--json', dataDir)).toMatchObject([
    { value: 'hello' },
    { value: 'welcome' },
  ]);
  const { stdout } = await runCommand(['inspect', 'record', '--key', 'old', dataDir]);
  expect(stdout.match(/^type .*$/gm)).toEqual(['type         set', 'type         delete']);
  expect(await runCommand(['inspect', 'record', '--key', 'no', dataDir])).toMatchObject({ code: 3 });
  expect(await runCommand(['inspect', 'record', '--at', '1:130', dataDir])).toMatchObject({ code: 3 });
  expect(await runCommand(['inspect', 'record', dataDir])).toMatchObject({ code: 2 });
  expect(await runCommand(['inspect', 'record', '--at', 'x', dataDir])).toMatchObject({ code: 2 });
});

test('the index', async () => {
  const dataDir = await smallStore();
  expect(await shown('inspect', 'index', '--json', dataDir)).toMatchObject([
    { keys: 2, present: 1, records: 4 },
  ]);
});

test('stats, once and again', async () => {
  const dataDir = await smallStore();
  const once = { keys: 1, deletedKeys: 1, records: 4, segments: 1, lastSequence: 4, isClean: true };
  expect(await shown('stats', '--json', dataDir)).toMatchObject([once]);
  const words = ['stats', '--watch', '--interval', '1', '--count', '2', '--json', dataDir];
  expect(await shown(...words)).toMatchObject([once, once]);
  const watched = await runCommand(['stats', '-w', '--interval', '1', '--count', '2', dataDir], {
    isTerminal: true,
  });
  expect(watched.stdout.split('\u001b[H\u001b[J').length).toBe(3);
  expect(watched.stdout).toMatch(/writes a second.* 0$/m);
});

test('space: what is live, remembered, dead and the rest is together the file', async () => {
  const dataDir = await smallStore();
  const [segment] = (await shown('space', '--json', dataDir)) as Record<string, number>[];
  expect(segment).toMatchObject({ segment: 1, state: 'active' });
  const { fileBytes, liveBytes, tombstoneBytes, deadBytes, otherBytes } = segment!;
  expect(liveBytes! + tombstoneBytes! + deadBytes! + otherBytes!).toBe(fileBytes);
  const records = (await shown('inspect', 'segment', '1', '--records', '--json', dataDir)) as {
    bytes: number;
  }[];
  expect([liveBytes, tombstoneBytes, deadBytes]).toEqual([
    records[1]!.bytes,
    records[3]!.bytes,
    records[0]!.bytes + records[2]!.bytes,
  ]);
  expect((await runCommand(['space', dataDir])).stdout).toMatch(
    /^00001 █+▓+░+·+ +\d+% live of \d+ B, active$/m,
  );
});

test('a bar has as many cells as it should, and one for everything that is there', () => {
  const space = { segmentId: 1, state: 'sealed', fileBytes: 1000 } as const;
  const bar = spaceBar({ ...space, liveBytes: 996, tombstoneBytes: 1, deadBytes: 2, otherBytes: 1 });
  expect(bar).toBe(`${'█'.repeat(37)}▓░·`);
  expect(spaceBar({ ...space, liveBytes: 0, tombstoneBytes: 0, deadBytes: 0, otherBytes: 0 })).toBe(
    ' '.repeat(40),
  );
});

test('bench measures every question and leaves nothing', async () => {
  const directory = freshDirectory();
  const answers = await shown('bench', '--milliseconds', '1', '--keys', '10', '--json', directory);
  expect(answers.map((answer) => (answer as { question: string }).question)).toEqual([
    'disk: write 4 KiB + fdatasync',
    'put, one awaited at a time (disk)',
    'put, 64 in flight (disk)',
    'putSync (memory, on disk soon)',
    'get, random, key is there',
    'scan of 100 entries',
  ]);
  for (const answer of answers as Record<string, number>[]) {
    expect(answer['perSecond']).toBeGreaterThan(0);
    expect(answer['p50']).toBeLessThanOrEqual(answer['p99']!);
    expect(answer['p99']).toBeLessThanOrEqual(answer['max']!);
  }
  expect(contents(directory)).toEqual([]);
  expect(await runCommand(['bench', join(directory, 'missing')])).toMatchObject({ code: 1, stdout: '' });
});
