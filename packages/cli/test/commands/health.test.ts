/** Proves that check finds what is damaged and changes nothing, and that salvage saves everything else. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { contents, damage } from '../damaged-store.ts';
import { freshDirectory } from '../fresh-directory.ts';

const ENTRIES = Array.from({ length: 30 }, (_, index) => [`key:${index}`, `value-${index}-end`] as const);

/** Several segments, groups of one entry each, a delete, and a value in a file of its own. */
async function largeStore(): Promise<string> {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize: 4096 });
  for (const [key, value] of ENTRIES) await engine.put(key, value);
  await engine.put('large', 'L'.repeat(300_000));
  await engine.put('gone', 'soon');
  await engine.delete('gone');
  await engine.close();
  return dataDir;
}

interface Finding {
  readonly severity?: string;
  readonly path: string;
  readonly offset: number;
  readonly damage?: number;
}

async function findings(dataDir: string): Promise<{ code: number; lines: Finding[] }> {
  const before = contents(dataDir);
  const { code, stdout } = await runCommand(['check', '--json', dataDir]);
  expect(contents(dataDir)).toEqual(before);
  const lines = stdout.split('\n').slice(0, -1);
  return { code, lines: lines.map((line) => JSON.parse(line) as Finding) };
}

async function listed(dataDir: string): Promise<string> {
  return (await runCommand(['export', '-d', dataDir])).stdout;
}

test('a sound store has no findings', async () => {
  const { code, lines } = await findings(await largeStore());
  expect(code).toBe(0);
  expect(lines).toEqual([
    expect.objectContaining({ records: 33, groups: 33, values: 1, damage: 0, notes: 0 }) as unknown,
  ]);
});

test.for(['value-3-end', 'LLLLLLL'])(
  'damage in %s is found with its file, and salvage saves the rest',
  async (text) => {
    const dataDir = await largeStore();
    const path = damage(dataDir, text);
    const { code, lines } = await findings(dataDir);
    expect(code).toBe(5);
    const found = lines.filter(({ severity }) => severity === 'damage');
    expect(found.map((finding) => finding.path)).toEqual([path]);
    expect(lines.at(-1)).toMatchObject({ damage: 1 });

    const before = contents(dataDir);
    const saved = join(freshDirectory(), 'saved');
    const completed = await runCommand(['salvage', '--json', dataDir, saved]);
    expect(contents(dataDir)).toEqual(before);
    expect(completed.code).toBe(0);
    expect(JSON.parse(completed.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
      writes: 32,
      entries: 30,
    });
    const lost = text === 'LLLLLLL' ? 'large' : 'key:3';
    expect((await runCommand(['has', '-d', saved, lost])).code).toBe(3);
    expect((await runCommand(['has', '-d', saved, 'gone'])).code).toBe(3);
    expect((await runCommand(['count', '-d', saved])).stdout).toBe('30\n');
    expect((await findings(saved)).code).toBe(0);
  },
);

test('a store without its manifest is damaged, and salvage saves all of it', async () => {
  const dataDir = await largeStore();
  const expected = await listed(dataDir);
  for (const name of readdirSync(dataDir)) if (name.startsWith('manifest-')) rmSync(join(dataDir, name));
  expect((await findings(dataDir)).code).toBe(5);
  const saved = join(freshDirectory(), 'saved');
  expect(await runCommand(['salvage', dataDir, saved])).toMatchObject({ code: 0, stdout: '' });
  expect(await listed(saved)).toBe(expected);
});
