/**
 * Proves what check says of a store that is in use, or whose process has died in it. Apart from the other tests of check,
 * because these start processes, which a test with many stores in its memory leaves no room for.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { contents } from '../damaged-store.ts';
import { freshDirectory } from '../fresh-directory.ts';
import { holdStore } from '../store-holder.ts';

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

test('a store that its process has left open is sound, as is one in use', async () => {
  const dataDir = join(freshDirectory(), 'store');
  await holdStore(dataDir, 20);
  const { code, lines } = await findings(dataDir);
  expect({ code, last: lines.at(-1) }).toMatchObject({ code: 0, last: { records: 20, damage: 0 } });
});

test('a write that a crash cut short is a note, not damage', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const holder = await holdStore(dataDir, 5);
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  const segment = join(
    dataDir,
    readdirSync(dataDir).find((name) => name.startsWith('segment-'))!,
  );
  writeFileSync(segment, Buffer.concat([readFileSync(segment), Buffer.alloc(48, 1)]));
  const { code, lines } = await findings(dataDir);
  expect({ code, last: lines.at(-1) }).toMatchObject({ code: 0, last: { damage: 0, notes: 1, records: 5 } });
  const { stdout, stderr } = await runCommand(['check', dataDir]);
  expect(stdout).toMatch(/^note .* at byte \d+: expected the end of the log, found 48 bytes of a write/);
  expect(stderr).toMatch(/damaged places: 0, notes: 1\n$/);
});
